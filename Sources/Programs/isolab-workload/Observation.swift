import CWorkload
import Freestanding

/// Says what this process is in, as it sees it itself: namespaces, filter, capabilities, root, cgroup, kernel.
///
/// Said in every launch, after the hello, so that no start-up time holds it; system calls alone, some thirty of them, rather than
/// /proc/self/status, which costs as much as all the others together. What cannot be read is left out, and the host then
/// refuses the sample.
///
/// - Parameter lies: says namespaces that it is not in and a filter that it does not have, to be found out (`isolab selftest`).
func observeIsolation(_ channel: inout Channel, lies: Bool) {
    if channel.isGuest { Guest.mountProc() }
    sayNamespace("ns.cgroup", "/proc/self/ns/cgroup", &channel, lies: lies)
    sayNamespace("ns.ipc", "/proc/self/ns/ipc", &channel, lies: lies)
    sayNamespace("ns.mnt", "/proc/self/ns/mnt", &channel, lies: lies)
    sayNamespace("ns.net", "/proc/self/ns/net", &channel, lies: lies)
    sayNamespace("ns.pid", "/proc/self/ns/pid", &channel, lies: lies)
    sayNamespace("ns.time", "/proc/self/ns/time", &channel, lies: false)
    sayNamespace("ns.user", "/proc/self/ns/user", &channel, lies: false)
    sayNamespace("ns.uts", "/proc/self/ns/uts", &channel, lies: lies)
    sayPrivileges(&channel, lies: lies)
    sayAnswers(&channel, lies: lies)
    sayRoot(&channel)
    sayFile("cgroup", "/proc/self/cgroup", &channel)
    sayFile("boot", "/proc/sys/kernel/random/boot_id", &channel)
    sayKernel(&channel)
}

private func begin(_ what: StaticString, _ channel: inout Channel) {
    channel.text("self ")
    channel.text(what)
    channel.text(" ")
}

/// The link's text, e.g. `mnt:[4026531841]` (namespaces(7)).
private func sayNamespace(_ what: StaticString, _ path: StaticString, _ channel: inout Channel, lies: Bool) {
    let text = isolab_scratch()
    let length = systemCall(SystemCall.readlink, path.address, Int(bitPattern: text), 64)
    if length <= 0 || length >= 64 { return }
    text[length] = 0
    // The last digit of the number in brackets.
    if lies, length > 2 { text[length - 2] = text[length - 2] == 0x31 ? 0x32 : 0x31 }
    begin(what, &channel)
    channel.text(outside: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
    channel.text("\n")
}

/// The mode of seccomp, "no new privileges", and the effective and the bounding capabilities (prctl(2), capget(2)).
private func sayPrivileges(_ channel: inout Channel, lies: Bool) {
    let mode = systemCall(SystemCall.prctl, 21)  // PR_GET_SECCOMP
    if mode >= 0 {
        begin("seccomp", &channel)
        channel.decimal(lies ? 2 : mode)
        channel.text("\n")
    }
    let noNewPrivileges = systemCall(SystemCall.prctl, 39)  // PR_GET_NO_NEW_PRIVS
    if noNewPrivileges >= 0 {
        begin("no-new-privileges", &channel)
        channel.decimal(noNewPrivileges)
        channel.text("\n")
    }
    var header: (version: UInt32, process: UInt32) = (0x2008_0522, 0)  // _LINUX_CAPABILITY_VERSION_3
    var sets: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
    let answer = withUnsafeMutablePointer(to: &header) { header in
        withUnsafeMutablePointer(to: &sets) { sets in
            systemCall(SystemCall.capget, Int(bitPattern: header), Int(bitPattern: sets))
        }
    }
    if answer == 0 {
        // Effective, permitted, inheritable: the low words, then the high ones.
        begin("capabilities.effective", &channel)
        channel.hexadecimal(UInt64(sets.0) | UInt64(sets.3) << 32, digits: 16)
        channel.text("\n")
    }
    var bounding: UInt64 = 0
    var capability = 0
    while capability < 64 {
        let isThere = systemCall(SystemCall.prctl, 23, capability)  // PR_CAPBSET_READ
        if isThere < 0 { break }
        if isThere == 1 { bounding |= 1 << UInt64(capability) }
        capability += 1
    }
    begin("capabilities.bounding", &channel)
    channel.hexadecimal(bounding, digits: 16)
    channel.text("\n")
}

/// How three calls are answered that do nothing whoever makes them, for their arguments are nonsense: a filter answers before the
/// kernel looks at those. `keyctl=95,userfaultfd=22,add_key=14`, 1 being what a filter says.
private func sayAnswers(_ channel: inout Channel, lies: Bool) {
    begin("answers", &channel)
    channel.text("keyctl=")
    sayAnswer(systemCall(SystemCall.keyctl, -1), &channel, lies: lies)
    channel.text(",userfaultfd=")
    sayAnswer(systemCall(SystemCall.userfaultfd, -1), &channel, lies: lies)
    channel.text(",add_key=")
    sayAnswer(systemCall(SystemCall.addKey), &channel, lies: lies)
    channel.text("\n")
}

private func sayAnswer(_ result: Int, _ channel: inout Channel, lies: Bool) {
    channel.decimal(lies ? 1 : result < 0 ? -result : 0)
}

/// Which directory the root is, and its mount's flags: `<device> <inode> <file system type> <flags>` (stat(2), statfs(2)).
private func sayRoot(_ channel: inout Channel) {
    let root: StaticString = "/"
    let status = UnsafeMutableRawPointer(isolab_scratch())
    if systemCall(SystemCall.stat, root.address, Int(bitPattern: status)) < 0 { return }
    let device = status.load(as: UInt64.self)
    let inode = status.load(fromByteOffset: 8, as: UInt64.self)
    if systemCall(SystemCall.statfs, root.address, Int(bitPattern: status)) < 0 { return }
    begin("root", &channel)
    channel.decimal(device)
    channel.text(" ")
    channel.decimal(inode)
    channel.text(" ")
    channel.hexadecimal(status.load(as: UInt64.self), digits: 8)
    channel.text(" ")
    channel.hexadecimal(status.load(fromByteOffset: 80, as: UInt64.self), digits: 8)
    channel.text("\n")
}

/// A small file's lines, parted by commas.
private func sayFile(_ what: StaticString, _ path: StaticString, _ channel: inout Channel) {
    let descriptor = systemCall(SystemCall.open, path.address)
    if descriptor < 0 { return }
    let text = isolab_scratch()
    let length = systemCall(SystemCall.read, descriptor, Int(bitPattern: text), 2048)
    _ = systemCall(SystemCall.close, descriptor)
    if length <= 0 { return }
    begin(what, &channel)
    var index = 0
    while index < length {
        let byte = text[index]
        index += 1
        if byte == 0x0a {
            if index < length { channel.byte(0x2c) }
        } else {
            channel.byte(byte < 0x20 ? 0x3f : byte)
        }
    }
    channel.text("\n")
}

/// The kernel's release (uname(2)).
private func sayKernel(_ channel: inout Channel) {
    let names = isolab_scratch()
    if systemCall(SystemCall.uname, Int(bitPattern: names)) < 0 { return }
    begin("kernel", &channel)
    channel.text(outside: UnsafeRawPointer(names + 130).assumingMemoryBound(to: CChar.self))
    channel.text("\n")
}
