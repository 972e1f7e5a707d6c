#include "expression.h"

bool expression_find(const regex_t *expression, const char *text, size_t from, size_t until, regmatch_t *match)
{
	*match = (regmatch_t){.rm_so = (regoff_t)from, .rm_eo = (regoff_t)until};
	return regexec(expression, text, 1, match, REG_STARTEND) == 0;
}
