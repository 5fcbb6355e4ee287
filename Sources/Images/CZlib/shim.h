// zlib: gzip both ways. Its two initializers are macros, which Swift does not import.
#define ZLIB_CONST
#include <zlib.h>

// 16 + MAX_WBITS: the gzip form alone, with its checksum.
static inline int isolab_inflate_gzip(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }

// Without a header and checksum: a part of one deflate stream.
static inline int isolab_deflate_raw(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
