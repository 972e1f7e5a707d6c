/* The files of tools/html inside the program. The assembler reads them; the build tells it where they are (-Wa,-I). */
#include "html.h"

/*
 * Hidden and known to other files: GNU as and ld for aarch64 give all labels of a section that only their own file knows one place in the
 * table of addresses, and the code that asks there finds all files of no length.
 */
#define ASSET(name, file)                                                                                                          \
	".globl " name "_begin, " name "_end\n"                                                                                    \
	".hidden " name "_begin, " name "_end\n" name "_begin: .incbin \"" file "\"\n" name "_end:\n"

__asm__(".pushsection .rodata\n" ASSET("html_page", "page.html") ASSET("html_style", "page.css")
		ASSET("html_script", "page.js") ".popsection");

#pragma GCC visibility push(hidden)
extern const char html_page_begin[], html_page_end[], html_style_begin[], html_style_end[], html_script_begin[], html_script_end[];
#pragma GCC visibility pop

struct html_asset html_page(void)
{
	return (struct html_asset){html_page_begin, (size_t)(html_page_end - html_page_begin)};
}

struct html_asset html_style(void)
{
	return (struct html_asset){html_style_begin, (size_t)(html_style_end - html_style_begin)};
}

struct html_asset html_script(void)
{
	return (struct html_asset){html_script_begin, (size_t)(html_script_end - html_script_begin)};
}
