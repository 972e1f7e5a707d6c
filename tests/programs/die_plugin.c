/* die_plugin.so - calls the program back while it is being loaded. */
void plugin_loaded(void);

__attribute__((constructor)) static void loaded(void)
{
	plugin_loaded();
}
