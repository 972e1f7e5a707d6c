#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* The second byte of each lead byte has its own range (RFC 3629, section 4); all further ones are 80..BF. */
static bool second_fits(unsigned lead, unsigned second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static size_t lead_length(unsigned lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t utf8_character(const void *text, size_t bytes)
{
	const unsigned char *at = text;
	size_t length = bytes ? lead_length(at[0]) : 0;

	if (!length || length > bytes)
		return 0;
	if (length > 1 && !second_fits(at[0], at[1]))
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

/* Bytes at the front that are ASCII, found eight at a time: nearly all text is. */
static size_t ascii_prefix(const unsigned char *text, size_t bytes)
{
	size_t at = 0;

	while (bytes - at >= sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, text + at, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
		at += sizeof(word);
	}
	return at;
}

bool utf8_valid(const void *text, size_t bytes)
{
	const unsigned char *data = text;
	size_t at = bytes ? ascii_prefix(data, bytes) : 0;

	while (at < bytes) {
		size_t length = utf8_character(data + at, bytes - at);
		if (!length)
			return false;
		at += length;
	}
	return true;
}
