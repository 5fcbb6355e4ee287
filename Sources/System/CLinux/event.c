#include "CLinux.h"

#include <sys/eventfd.h>

int isolab_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
