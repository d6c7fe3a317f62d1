/* For tests: a library that is loaded, and then is no plugin. */
int walbreaker_not_a_plugin(void);

int walbreaker_not_a_plugin(void) { return 1; }
