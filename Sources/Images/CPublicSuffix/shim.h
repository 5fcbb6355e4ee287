// The list of names under which anybody can have a name of his own (co.uk, github.io): publicsuffix.org, by libpsl, which
// libcurl brings along anyway.
#include <libpsl.h>
