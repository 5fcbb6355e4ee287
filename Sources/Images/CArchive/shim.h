// libarchive: the reader of tar in all its dialects (ustar, pax, GNU long names and sparse files).
#include <archive.h>
#include <archive_entry.h>
