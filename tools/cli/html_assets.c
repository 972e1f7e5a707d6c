/* The files of tools/html inside the program. The assembler reads them; the build tells it where they are (-Wa,-I). */
#include "html.h"

__asm__(".pushsection .rodata\n"
	"html_page_begin: .incbin \"page.html\"\nhtml_page_end:\n"
	"html_style_begin: .incbin \"page.css\"\nhtml_style_end:\n"
	"html_script_begin: .incbin \"page.js\"\nhtml_script_end:\n"
	".popsection");

extern const char html_page_begin[], html_page_end[], html_style_begin[], html_style_end[], html_script_begin[], html_script_end[];

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
