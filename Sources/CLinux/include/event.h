// eventfd(2), which Swift's Glibc does not import.
#ifndef ISOLAB_EVENT_H
#define ISOLAB_EVENT_H

#include <sys/eventfd.h>

/// A counter of events: close-on-exec, not blocking. −1 and errno on failure.
static inline int isolab_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

#endif
