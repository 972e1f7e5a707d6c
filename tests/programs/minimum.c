/*
 * Built with TTLOG_MIN_LEVEL=TTLOG_LEVEL_WARN: the texts of less severe events are not in the binary.
 */
#include <ttlog.h>

int main(void)
{
	ttlog_info("removed text of info");
	ttlog_debugf("removed text of debugf %d", 1);
	ttlog_warn("kept text of warn");
	ttlog_errorf("kept text of errorf %d", 1);
	return 0;
}
