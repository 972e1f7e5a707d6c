/*
 * demangle.h, Rust's names of version 0: names that rustc made, each with what the reference demangler makes of it (types of constants
 * aside), and names that nobody made. C++ and Rust's older names are libiberty's business, but for their length.
 */
#include "demangle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *mangled, *plain;
} names[] = {
	{"_RNvCs3CUbr4axdjZ_2rv3yes", "rv::yes"},
	{"_RNCNvNtCsjrHSEGnQ3l9_3std5alloc8rust_oom0B5_", "std::alloc::rust_oom::{closure#0}"},
	{"_RNvXsh_NtCsgEmfK2I1SDS_4core3fmteNtB5_5Debug3fmt", "<str as core::fmt::Debug>::fmt"},
	{"_RNvXss_NtCsgEmfK2I1SDS_4core3fmtuNtB5_5Debug3fmt", "<() as core::fmt::Debug>::fmt"},
	{"_RINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuECs3CUbr4axdjZ_2rv", "std::rt::lang_start::<()>"},
	{"_RNvXCs3CUbr4axdjZ_2rvINtB2_6SquareKj3_ENtB2_5Shape4areaB2_", "<rv::Square<3> as rv::Shape>::area"},
	{"_RNvXs1g_NtCsgEmfK2I1SDS_4core3fmtRDNtB6_5DebugEL_Bx_3fmtB8_", "<&dyn core::fmt::Debug as core::fmt::Debug>::fmt"},
	{"_RNCNvXCs3CUbr4axdjZ_2rvINtB4_6SquareKj3_ENtB4_5Shape4area0B4_", "<rv::Square<3> as rv::Shape>::area::{closure#0}"},
	{"_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0Cs3CUbr4axdjZ_2rv", "std::rt::lang_start::<()>::{closure#0}"},
	{"_RNvCsfLfy6EI15iL_7___rustc35___rust_no_alloc_shim_is_unstable_v2", "__rustc::__rust_no_alloc_shim_is_unstable_v2"},
	{"_RNvMNtNtCsgEmfK2I1SDS_4core3ptr9const_ptrPu13is_aligned_toCs3CUbr4axdjZ_2rv", "<*const ()>::is_aligned_to"},
	{"_RINvMs2_NtCsgEmfK2I1SDS_4core3fmtNtB6_9Arguments3newKj2_Kj1_ECs3CUbr4axdjZ_2rv", "<core::fmt::Arguments>::new::<2, 1>"},
	{"_RINvMs2_NtCsgEmfK2I1SDS_4core3fmtNtB6_9Arguments3newKj3_Kj2_ECs3CUbr4axdjZ_2rv", "<core::fmt::Arguments>::new::<3, 2>"},
	{"_RINvMs2_NtCsgEmfK2I1SDS_4core3fmtNtB6_9Arguments3newKj4_Kj1_ECs3CUbr4axdjZ_2rv", "<core::fmt::Arguments>::new::<4, 1>"},
	{"_RNvXsr_NtCsgEmfK2I1SDS_4core3fmtShNtB5_5Debug3fmtCsgY6Mt91CT9J_14rustc_demangle", "<[u8] as core::fmt::Debug>::fmt"},
	{"_RNvMs3_NtCslNYArtu3iFV_5alloc7raw_vecINtB5_6RawVecPaE8grow_oneCsjrHSEGnQ3l9_3std",
	 "<alloc::raw_vec::RawVec<*const i8>>::grow_one"},
	{"_RNvXs1h_NtCsgEmfK2I1SDS_4core3fmtQShNtB6_5Debug3fmtCsgY6Mt91CT9J_14rustc_demangle",
	 "<&mut [u8] as core::fmt::Debug>::fmt"},
	{"_RNvYFEuINtNtNtCsgEmfK2I1SDS_4core3ops8function6FnOnceuE9call_onceCs3CUbr4axdjZ_2rv",
	 "<fn() as core::ops::function::FnOnce<()>>::call_once"},
	{"_RINvNtCsgEmfK2I1SDS_4core6escape14escape_unicodeKja_ECsgY6Mt91CT9J_14rustc_demangle",
	 "core::escape::escape_unicode::<10>"},
	{"_RNvXsq_NtCsgEmfK2I1SDS_4core3fmtONtNtB7_3ffi6c_voidNtB5_5Debug3fmtCsjrHSEGnQ3l9_3std",
	 "<*mut core::ffi::c_void as core::fmt::Debug>::fmt"},
	{"_RINvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace28___rust_begin_short_backtraceFEuuECs3CUbr4axdjZ_2rv",
	 "std::sys::backtrace::__rust_begin_short_backtrace::<fn(), ()>"},
	{"_RINvMs4_NtCsgY6Mt91CT9J_14rustc_demangle2v0NtB6_7Printer14print_sep_listNvB2_15print_dyn_traitEB8_",
	 "<rustc_demangle::v0::Printer>::print_sep_list::<<rustc_demangle::v0::Printer>::print_dyn_trait>"},
	{"_RINvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace26___rust_end_short_backtraceNCNvNtB6_5alloc8rust_oom0zEB6_",
	 "std::sys::backtrace::__rust_end_short_backtrace::<std::alloc::rust_oom::{closure#0}, !>"},
	{"_RNvXs1j_NtCsgEmfK2I1SDS_4core3fmtQDNtNtB8_5panic12PanicPayloadEL_NtB6_7Display3fmtCsjrHSEGnQ3l9_3std",
	 "<&mut dyn core::panic::PanicPayload as core::fmt::Display>::fmt"},
};

Test(demangle, names_of_rustc)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		char *plain = demangle(names[i].mangled);
		cr_assert(plain && strcmp(plain, names[i].plain) == 0, "%s: %s, not %s", names[i].mangled, plain, names[i].plain);
		free(plain);
	}
}

Test(demangle, names_of_cpp)
{
	static const char *const some[][2] = {
		{"_Z1fv", "f()"},
		{"_ZNK4shop6LedgerIiE7balanceERKSs", "shop::Ledger<int>::balance(std::string const&) const"},
		{"_ZTISt12out_of_range", "typeinfo for std::out_of_range"},
		{"_ZZ4mainENKUliE_clEi.cold", "main::{lambda(int)#1}::operator()(int) const [clone .cold]"},
	};
	for (size_t i = 0; i < COUNT(some); i++) {
		char *plain = demangle(some[i][0]);
		cr_assert(plain && strcmp(plain, some[i][1]) == 0, "%s: %s", some[i][0], plain);
		free(plain);
	}
}

/* f(A<int, int>, A<A<int, int>, A<int, int> >, ...): each parameter names the one before twice. */
static char *doubling_name(unsigned parameters)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static char name[512];
	size_t used = (size_t)snprintf(name, sizeof(name), "_Z1f1AIiiE");
	for (unsigned i = 0; i + 1 < parameters; i++)
		used += (size_t)snprintf(name + used, sizeof(name) - used, "S_IS%c_S%c_E", digits[i], digits[i]);
	return name;
}

/* All of it would be 400 GB: nobody waits for that, and nothing is the worse for it. */
Test(demangle, short_names_that_say_much)
{
	const struct rlimit space = {1ul << 30, RLIM_INFINITY};
	char *plain = demangle(doubling_name(6));
	cr_assert(plain && strncmp(plain, "f(A<int, int>, A<A<int, int>, A<int, int> >, A<A<A<", 50) == 0, "%s", plain);
	free(plain);
	cr_assert(setrlimit(RLIMIT_AS, &space) == 0);
	cr_assert(demangle(doubling_name(35)) == NULL);
}

Test(demangle, no_names)
{
	static const char *const others[] = {
		"_R",
		"_RN",
		"_RC",
		"_RC99999999999999999999a",
		"_RC5ab",
		"_RB_",
		"_RBa_",
		"_RNvB_1a",
		"_RIB_B_E",
		"_RMC1aT",
		"_RYFG_",
		"_RNvC1a1b1c",
		"_RINvC1a1bKm_",
		"_RINvC1a1bKVE",
		"_RINvC1a1bDp1aE",
		"_RINvC1a1bFG999999999_EuE",
		"R",
		"main",
		"_Rust",
		"_RNvC1a1b!",
		"_RC0",
		"",
		"_",
	};
	for (size_t i = 0; i < COUNT(others); i++) {
		char *plain = demangle(others[i]);
		cr_assert_null(plain, "%s: %s", others[i], plain);
	}
}

/* References to references would say more than memory holds; nesting would use up the stack. */
Test(demangle, names_that_grow)
{
	char deep[2000] = "_RINvC1a1b", wide[2000] = "_RINvC1a1bTuuE";
	for (size_t at = strlen(deep); at < sizeof(deep) - 4; at++)
		memcpy(deep + at, "RuE", 4);
	cr_assert_null(demangle(deep));
	for (size_t i = 0; i < 60; i++)
		strcat(wide, "TB8_B8_B8_B8_E");
	strcat(wide, "E");
	char *plain = demangle(wide);
	cr_assert(!plain || strlen(plain) < 8192);
	free(plain);
}

/* Every name cut off, and with each of its bytes another: no answer, or one that ends. (The sanitizers watch.) */
Test(demangle, damaged_names)
{
	static const char letters[] = "BCNMXYIELKRQTPOFDGUpsu_019az";
	for (size_t i = 0; i < COUNT(names); i++) {
		const size_t bytes = strlen(names[i].mangled);
		for (size_t at = 2; at < bytes; at++) {
			char *name = strdup(names[i].mangled);
			for (const char *letter = letters; *letter; letter++) {
				name[at] = *letter;
				free(demangle(name));
			}
			name[at] = 0;
			free(demangle(name));
			free(name);
		}
	}
}

/* Rust's older names, as C++'s rules leave them. */
Test(demangle, legacy)
{
	static const char *const legacy[][2] = {
		{"_$LT$usize$u20$as$u20$core..slice..index..SliceIndex$LT$$u5b$T$u5d$$GT$$GT$::index::h60b178c2c14dcd3b",
		 "<usize as core::slice::index::SliceIndex<[T]>>::index"},
		{"std::rt::lang_start::_$u7b$$u7b$closure$u7d$$u7d$::h1303a7cc18a1a907", "std::rt::lang_start::{{closure}}"},
		{"_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$::fmt::h0123456789abcdef", "<&T as core::fmt::Debug>::fmt"},
		{"_$LT$F$LP$A$C$B$RP$$GT$::a$SP$b$BP$::h0123456789abcdef", "<F(A,B)>::a@b*"},
		{"a::$XX$u$b..c.d::h0123456789abcdef", "a::$XX$u$b::c.d"},
		{"a::b$LT$::h0123456789abcde", "a::b$LT$::h0123456789abcde"},
		{"a$LT$b", "a$LT$b"},
		{"::h0123456789abcdef", "::h0123456789abcdef"},
		{"$::h0123456789abcdef", "$"},
		{"a$u0$$u1f$$u7f$$u$::h0123456789abcdef", "a$u0$$u1f$$u7f$$u$"},
	};
	for (size_t i = 0; i < COUNT(legacy); i++) {
		char name[256];
		strcpy(name, legacy[i][0]);
		demangle_rust_legacy(name);
		cr_expect_str_eq(name, legacy[i][1], "%s: %s", legacy[i][0], name);
	}
}

Test(demangle, legacy_from_the_symbol)
{
	char *plain = demangle(
		"_ZN75_$LT$usize$u20$as$u20$core..slice..index..SliceIndex$LT$$u5b$T$u5d$$GT$$GT$5index17h60b178c2c14dcd3bE");
	cr_assert_str_eq(plain, "<usize as core::slice::index::SliceIndex<[T]>>::index");
	free(plain);
}
