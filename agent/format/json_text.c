#include "json_text.h"

#include "utf8.h"

#include <string.h>

static size_t show_escape(unsigned char c, char *shown)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt", digits[] = "0123456789abcdef";

	shown[0] = '\\';
	for (size_t i = 0; i < sizeof(letters) - 1; i += 2) {
		if ((unsigned char)letters[i] == c) {
			shown[1] = letters[i + 1];
			return 2;
		}
	}
	memcpy(shown + 1, "u00", 3);
	shown[4] = digits[c >> 4];
	shown[5] = digits[c & 15];
	return 6;
}

size_t json_character(const void *text, size_t bytes, char shown[JSON_TEXT_BYTES], size_t *used)
{
	const unsigned char first = *(const unsigned char *)text;
	const size_t length = utf8_character(text, bytes);

	if (length == 1 && !json_is_plain(first)) {
		*used = show_escape(first, shown);
	} else if (length == 0) {
		memcpy(shown, "\xef\xbf\xbd", 3);
		*used = 3;
	} else {
		memcpy(shown, text, length);
		*used = length;
	}
	return length ? length : 1;
}
