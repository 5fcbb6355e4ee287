// eventfd(2), which Swift's Glibc does not import.
#ifndef ISOLAB_EVENT_H
#define ISOLAB_EVENT_H

/// A counter of events: close-on-exec, not blocking. −1 and errno on failure.
int isolab_event_descriptor(void);

#endif
