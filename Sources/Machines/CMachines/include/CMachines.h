// The umbrella of the C that guests need and nothing else does.
#ifndef ISOLAB_CMACHINES_H
#define ISOLAB_CMACHINES_H

#include "kvm.h"

#endif
