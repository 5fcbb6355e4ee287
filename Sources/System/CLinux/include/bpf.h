// Programs of the kernel's BPF machine on a cgroup (bpf(2)). Glibc has no wrapper, `syscall` is variadic, and
// `union bpf_attr` of <linux/bpf.h> is one that Swift does not import.
#ifndef ISOLAB_BPF_H
#define ISOLAB_BPF_H

#include <stdint.h>

/// Loads a device program (BPF_PROG_TYPE_CGROUP_DEVICE), each `struct bpf_insn` as one 64-bit word, under a name of at most
/// 15 bytes. With `log` of `size` bytes the verifier explains itself there. Answers a close-on-exec descriptor; −1 and errno.
int isolab_bpf_load_device_program(
    const uint64_t *instructions, uint32_t count, const char *name, char *log, uint32_t size);

/// Attaches a device program to the cgroup of v2 that `directory` is a descriptor of, beside what others attached
/// (BPF_F_ALLOW_MULTI), in the place of the program `replaced` where that is not −1. Answers 0; −1 and errno.
int isolab_bpf_attach_device_program(int directory, int program, int replaced);

/// Takes a device program off. Answers 0; −1 and errno.
int isolab_bpf_detach_device_program(int directory, int program);

/// The identifiers of the device programs attached to this very cgroup. Answers how many there are; −1 and errno.
int isolab_bpf_query_device_programs(int directory, uint32_t *identifiers, uint32_t capacity);

/// Opens a loaded program and says its name (16 bytes with the zero). Answers a close-on-exec descriptor; −1 and errno.
int isolab_bpf_open_program(uint32_t identifier, char name[16]);

#endif
