// The umbrella of isolab's C: one header a concern, each saying why C is needed at all.
#ifndef ISOLAB_CLINUX_H
#define ISOLAB_CLINUX_H

#include "bare.h"
#include "bpf.h"
#include "child.h"
#include "clock.h"
#include "event.h"
#include "mount.h"
#include "network.h"
#include "process.h"
#include "security.h"
#include "socket.h"
#include "tree.h"
#include "watch.h"

#endif
