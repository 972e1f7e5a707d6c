/*
 * ttlog_value.h - values of every type as the agent takes them: their enum ttlog_type, which the compiler knows, and a word. Included by
 * ttlog.h.
 *
 * TTLOG_TYPE_OF(value) is a constant and evaluates nothing; TTLOG_WORD_OF(value) evaluates it once. What it points to lives until the end
 * of the full expression, as the value does.
 */
#include "ttlog.h" /* of which this is a part: before the guard, so that it may be included by itself */

#ifndef TTLOG_VALUE_H
#define TTLOG_VALUE_H

#include "ttlog_listener.h"

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#include <cstddef>
#include <type_traits>

extern "C" {
#else
#include <stdbool.h>
#endif

static inline uint64_t ttlog_word_signed(int64_t value)
{
	return (uint64_t)value;
}

static inline uint64_t ttlog_word_unsigned(uint64_t value)
{
	return value;
}

static inline uint64_t ttlog_word_double(double value)
{
	uint64_t word;
	memcpy(&word, &value, sizeof(word));
	return word;
}

static inline uint64_t ttlog_word_bool(bool value)
{
	return value;
}

static inline uint64_t ttlog_word_pointer(const volatile void *value)
{
	return (uintptr_t)value;
}

/* When a span began, in ticks of the agent's clock. */
struct ttlog_span_mark {
	uint64_t ticks;
};

static inline uint64_t ttlog_word_span_mark(struct ttlog_span_mark mark)
{
	return mark.ticks;
}

/* Lives as long as the call that it is an argument of. */
struct ttlog_words {
	uint64_t word[8];
};

#ifdef __cplusplus
} /* extern "C" */

namespace ttlog_detail
{
template <uint32_t type_> struct word {
	enum : uint32_t { type = type_ };
	uint64_t bits;
};

template <typename T>
typename std::enable_if<std::is_integral<T>::value && std::is_signed<T>::value, word<TTLOG_TYPE_SIGNED>>::type word_of(T value)
{
	return {ttlog_word_signed(value)};
}
template <typename T>
typename std::enable_if<std::is_integral<T>::value && !std::is_signed<T>::value, word<TTLOG_TYPE_UNSIGNED>>::type word_of(T value)
{
	return {ttlog_word_unsigned(value)};
}
template <typename T> typename std::enable_if<std::is_floating_point<T>::value, word<TTLOG_TYPE_DOUBLE>>::type word_of(T value)
{
	return {ttlog_word_double(static_cast<double>(value))};
}
template <typename T, typename U = typename std::enable_if<std::is_enum<T>::value, typename std::underlying_type<T>::type>::type>
auto word_of(T value) -> decltype(word_of(static_cast<U>(value)))
{
	return word_of(static_cast<U>(value));
}
/* std::string_view and its forerunners: no NUL behind them, so a copy that lives as long as the full expression. */
struct text_copy {
	enum : uint32_t { type = TTLOG_TYPE_STRING, bytes_max = 1025 }; /* one more than is recorded: it is seen to be cut */
	uint64_t bits;
	char copy[bytes_max + 1];
	text_copy(const char *text, std::size_t size) : bits(ttlog_word_pointer(text ? copy : nullptr))
	{
		const std::size_t bytes = size < bytes_max ? size : std::size_t(bytes_max);
		if (text)
			memcpy(copy, text, bytes);
		copy[bytes] = 0;
	}
	text_copy(const text_copy &) = delete;
	text_copy &operator=(const text_copy &) = delete;
};
template <typename T, typename = decltype(&T::remove_prefix)>
auto word_of(const T &value) -> decltype(text_copy{value.data(), value.size()})
{
	return {value.data(), value.size()};
}
/* std::string and everything else with c_str(), which has to live as long as the full expression. */
template <typename T> auto word_of(const T &value) -> decltype(static_cast<const char *>(value.c_str()), word<TTLOG_TYPE_STRING>())
{
	return {ttlog_word_pointer(value.c_str())};
}
inline word<TTLOG_TYPE_BOOL> word_of(bool value)
{
	return {ttlog_word_bool(value)};
}
inline word<TTLOG_TYPE_STRING> word_of(const char *value)
{
	return {ttlog_word_pointer(value)};
}
inline word<TTLOG_TYPE_STRING> word_of(char *value)
{
	return {ttlog_word_pointer(value)};
}
inline word<TTLOG_TYPE_POINTER> word_of(const volatile void *value)
{
	return {ttlog_word_pointer(value)};
}
inline word<TTLOG_TYPE_SPAN_ENTER> word_of(ttlog_span_mark mark)
{
	return {ttlog_word_span_mark(mark)};
}
inline word<TTLOG_TYPE_POINTER> word_of(std::nullptr_t)
{
	return {0};
}
} /* namespace ttlog_detail */

#define TTLOG_WORDS(...)     ttlog_words __VA_ARGS__
#define TTLOG_WORD_OF(value) ttlog_detail::word_of(value).bits
#define TTLOG_TYPE_OF(value) static_cast<uint32_t>(decltype(ttlog_detail::word_of(value))::type)
#else
#define TTLOG_WORDS(...) (struct ttlog_words) __VA_ARGS__
/* clang-format off */
#define TTLOG_WORD_OF(value)                                                                                         \
	_Generic((value),                                                                                             \
		bool: ttlog_word_bool,                                                                                \
		char: ttlog_word_signed, signed char: ttlog_word_signed, short: ttlog_word_signed,                    \
		int: ttlog_word_signed, long: ttlog_word_signed, long long: ttlog_word_signed,                        \
		unsigned char: ttlog_word_unsigned, unsigned short: ttlog_word_unsigned,                              \
		unsigned: ttlog_word_unsigned, unsigned long: ttlog_word_unsigned,                                    \
		unsigned long long: ttlog_word_unsigned,                                                              \
		float: ttlog_word_double, double: ttlog_word_double, long double: ttlog_word_double,                  \
		struct ttlog_span_mark: ttlog_word_span_mark,                                                         \
		default: ttlog_word_pointer)(value)
#define TTLOG_TYPE_OF(value)                                                                                          \
	_Generic((value),                                                                                             \
		bool: TTLOG_TYPE_BOOL,                                                                                \
		char: TTLOG_TYPE_SIGNED, signed char: TTLOG_TYPE_SIGNED, short: TTLOG_TYPE_SIGNED,                    \
		int: TTLOG_TYPE_SIGNED, long: TTLOG_TYPE_SIGNED, long long: TTLOG_TYPE_SIGNED,                        \
		unsigned char: TTLOG_TYPE_UNSIGNED, unsigned short: TTLOG_TYPE_UNSIGNED,                              \
		unsigned: TTLOG_TYPE_UNSIGNED, unsigned long: TTLOG_TYPE_UNSIGNED,                                    \
		unsigned long long: TTLOG_TYPE_UNSIGNED,                                                              \
		float: TTLOG_TYPE_DOUBLE, double: TTLOG_TYPE_DOUBLE, long double: TTLOG_TYPE_DOUBLE,                  \
		struct ttlog_span_mark: TTLOG_TYPE_SPAN_ENTER,                                                        \
		char *: TTLOG_TYPE_STRING, const char *: TTLOG_TYPE_STRING,                                           \
		default: TTLOG_TYPE_POINTER)
/* clang-format on */
#endif

#endif
