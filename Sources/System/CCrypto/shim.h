// SHA-256 by libcrypto's low-level calls: they use the processor's own instructions and skip the provider look-up that the
// EVP interface of OpenSSL 3 makes for every digest. They are marked deprecated there, not removed; the mark is lifted here
// alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
