#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int isolab_bpf_load_device_program(
    const uint64_t *instructions, uint32_t count, const char *name, char *log, uint32_t size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.expected_attach_type = BPF_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uint64_t)(uintptr_t)"Dual BSD/GPL";
    strncpy(attributes.prog_name, name, sizeof attributes.prog_name - 1);
    if (log != NULL && size > 0) {
        attributes.log_level = 1;
        attributes.log_buf = (uint64_t)(uintptr_t)log;
        attributes.log_size = size;
    }
    return bpf(BPF_PROG_LOAD, &attributes);
}

int isolab_bpf_attach_device_program(int directory, int program, int replaced) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)directory;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (replaced >= 0) {
        attributes.attach_flags |= BPF_F_REPLACE;
        attributes.replace_bpf_fd = (uint32_t)replaced;
    }
    return bpf(BPF_PROG_ATTACH, &attributes);
}

int isolab_bpf_detach_device_program(int directory, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)directory;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return bpf(BPF_PROG_DETACH, &attributes);
}

int isolab_bpf_query_device_programs(int directory, uint32_t *identifiers, uint32_t capacity) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = (uint32_t)directory;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uint64_t)(uintptr_t)identifiers;
    attributes.query.prog_cnt = capacity;
    if (bpf(BPF_PROG_QUERY, &attributes) != 0) return -1;
    return (int)attributes.query.prog_cnt;
}

int isolab_bpf_open_program(uint32_t identifier, char name[16]) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_id = identifier;
    int program = bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
    if (program < 0) return -1;
    struct bpf_prog_info information;
    memset(&information, 0, sizeof information);
    memset(&attributes, 0, sizeof attributes);
    attributes.info.bpf_fd = (uint32_t)program;
    attributes.info.info_len = sizeof information;
    attributes.info.info = (uint64_t)(uintptr_t)&information;
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) != 0) {
        close(program);
        return -1;
    }
    memcpy(name, information.name, 16);
    name[15] = 0;
    return program;
}
