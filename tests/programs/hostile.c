/* Says what nobody should take for markup, a terminal's command, or an end; then dies. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	puts("</script><script>window.ran=1</script>");
	puts("<img src=x onerror=window.ran=2> & &amp; \" '");
	puts("<!--<script> ]]> -->");
	puts("\x1b[31mred\x1b[0m \x1b]0;title\x07");
	puts("\xe2\x80\xae"
	     "turned \xe2\x80\xa8line \xc3\x28 \xff\xfe");
	puts("\"},{\"a\":[1,2] \\u003c \\");
	fflush(stdout);
	abort();
}
