// libzstd: zstd frames both ways.
#include <zstd.h>
#include <zstd_errors.h>
