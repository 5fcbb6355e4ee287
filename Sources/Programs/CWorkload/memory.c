// The four functions a compiler may call on its own even in a freestanding program (C11 4, GCC manual 2.1).
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    void *start = to;
    __asm__ volatile("cld\n rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t count) {
    if ((uintptr_t)to - (uintptr_t)from >= count) return memcpy(to, from, count);
    uint8_t *last = (uint8_t *)to + count - 1;
    const uint8_t *source = (const uint8_t *)from + count - 1;
    __asm__ volatile("std\n rep movsb\n cld" : "+D"(last), "+S"(source), "+c"(count) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t count) {
    void *start = to;
    __asm__ volatile("cld\n rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t count) {
    const uint8_t *left = a, *right = b;
    for (; count > 0; count--, left++, right++) {
        __asm__ volatile("");  // keeps the loop a loop, not a call of memcmp
        if (*left != *right) return *left - *right;
    }
    return 0;
}
