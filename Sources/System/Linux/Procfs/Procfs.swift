import CLinux
import Glibc

/// What /proc says of processes and the host (`proc(5)`).
public enum Procfs {
    /// Memory of one process, in bytes (`/proc/<pid>/smaps_rollup`).
    public struct Memory: Equatable, Sendable {
        public var resident: UInt64
        /// Shared pages divided by the number of their users.
        public var proportional: UInt64
        /// Pages nobody else has: what its end would free.
        public var unique: UInt64
        public var swap: UInt64
    }

    /// Nil where the process has no memory any more (a zombie).
    public static func memory(of pid: Int32) throws(SystemError) -> Memory? {
        memory(rollup: try SystemFile.read("/proc/\(pid)/smaps_rollup"))
    }

    static func memory(rollup: String) -> Memory? {
        let values = kibibytes(rollup)
        guard let resident = values["Rss"], let proportional = values["Pss"] else { return nil }
        return Memory(
            resident: resident, proportional: proportional,
            unique: (values["Private_Clean"] ?? 0) + (values["Private_Dirty"] ?? 0) + (values["Private_Hugetlb"] ?? 0),
            swap: values["Swap"] ?? 0)
    }

    /// /proc/meminfo in bytes: `MemTotal`, `MemAvailable`, … (counts without a unit as they are).
    public static func memoryInformation() throws(SystemError) -> [String: UInt64] {
        kibibytes(try SystemFile.read("/proc/meminfo"))
    }

    /// The kernel's estimate of what new programs could take without swapping, in bytes.
    public static func memoryAvailable() throws(SystemError) -> UInt64 {
        try memoryInformation()["MemAvailable"] ?? 0
    }

    /// `Name:  123 kB` lines.
    static func kibibytes(_ text: String) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for line in text.parts(between: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
            guard let first = words.first, let number = UInt64(first) else { continue }
            result[String(line[..<colon])] = words.last == "kB" ? number * 1024 : number
        }
        return result
    }

    /// Some fields of `/proc/<pid>/stat`.
    public struct Status: Equatable, Sendable {
        public var name: String
        /// `R`, `S`, `D`, `Z`, …
        public var state: Character
        public var parent: Int32
        /// Nanoseconds of CPU in user mode and in the kernel, its own only, in steps of a clock tick.
        public var userTime: UInt64
        public var systemTime: UInt64
        /// The same of the children it has waited for, and of theirs, together.
        public var childrenTime: UInt64 = 0
        /// Clock ticks after boot: with the process number, its identity.
        public var startTime: UInt64
    }

    public static func status(of pid: Int32) throws(SystemError) -> Status {
        let path = "/proc/\(pid)/stat"
        guard let status = status(line: try SystemFile.read(path), ticks: UInt64(isolab_clock_ticks())) else {
            throw SystemError("parse", path, errno: EINVAL)
        }
        return status
    }

    static func status(line: String, ticks: UInt64) -> Status? {
        // The name stands in parentheses and may hold anything, parentheses too.
        guard let open = line.utf8.firstIndex(of: UInt8(ascii: "(")),
            let close = line.utf8.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = line[line.utf8.index(after: close)...].parts(between: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = UInt64(fields[19])
        else { return nil }
        let tick = 1_000_000_000 / max(ticks, 1)
        return Status(
            name: String(line[line.index(after: open)..<close]), state: state, parent: parent,
            userTime: user * tick, systemTime: system * tick,
            childrenTime: (fields[13...14].compactMap { UInt64($0) }).reduce(0, +) * tick, startTime: start)
    }

    /// Whether a process has a handler for a signal (`SigCgt`), or holds it to read it (`SigBlk`; signalfd(2)).
    package static func handles(_ signal: Int32, _ pid: Int32) -> Bool {
        let lines = ((try? SystemFile.read("/proc/\(pid)/status")) ?? "").parts(between: "\n")
        return lines.contains { line in
            guard line.starts("SigCgt:") || line.starts("SigBlk:") else { return false }
            let mask = line.split { $0 == "\t" || $0 == " " }.last.flatMap { UInt64($0, radix: 16) } ?? 0
            return mask >> (UInt64(signal) - 1) & 1 == 1
        }
    }

    /// The words of a line of `/proc/<pid>/status`; none where there is no such line or process.
    private static func status(_ name: String, of pid: Int32) -> [Substring] {
        let lines = ((try? SystemFile.read("/proc/\(pid)/status")) ?? "").parts(between: "\n")
        let words = lines.lazy.map { $0.split { $0 == "\t" || $0 == " " } }.first { $0.first == "\(name):"[...] }
        return Array(words?.dropFirst() ?? [])
    }

    /// PF_EXITING (`include/linux/sched.h`), among the flags of `/proc/<pid>/stat`.
    private static let exiting: UInt64 = 0x4

    /// Whether a process does nothing more but end: SIGKILL waits for it to come back from the kernel, or it is on its way out. What it
    /// waits for meanwhile, a file system that never answers perhaps, may keep it from that for ever.
    package static func isDying(_ pid: Int32) -> Bool {
        let kill = UInt64(1) << (UInt64(SIGKILL) - 1)
        for name in ["SigPnd", "ShdPnd"] {
            if let mask = status(name, of: pid).first.flatMap({ UInt64($0, radix: 16) }), mask & kill != 0 {
                return true
            }
        }
        guard let line = try? SystemFile.read("/proc/\(pid)/stat"),
            let close = line.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        let fields = line[line.utf8.index(after: close)...].parts(between: " ")
        return fields.count > 6 && (UInt64(fields[6]) ?? 0) & exiting != 0
    }

    /// Who traces a process; nil where nobody does, or nobody whom this process's namespace knows.
    package static func tracer(of pid: Int32) -> Int32? {
        status("TracerPid", of: pid).first.flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// In how many pid namespaces a process has a number, from the one whose procfs is mounted here to its own.
    package static func depth(of pid: Int32) -> Int { status("NSpid", of: pid).count }

    /// Whether a procfs can be mounted that shows another pid namespace than its maker's (`pidns=`, since Linux 6.18).
    package static var takesNamespace: Bool { isolab_procfs_takes_namespace() != 0 }

    /// A process's pidfd; nil where there is none of that number.
    package static func descriptor(of pid: Int32) -> OwnedDescriptor? {
        let descriptor = isolab_pidfd_open(pid)
        return descriptor >= 0 ? OwnedDescriptor(owning: descriptor) : nil
    }

    /// How a process ended that nobody has reaped yet, as a shell says it; nil where the kernel does not tell.
    package static func endOfZombie(_ pid: Int32) -> Int32? {
        // Who may not know is told 0; of its program he would not even learn that there is none any more.
        var byte: CChar = 0
        guard readlink("/proc/\(pid)/exe", &byte, 1) < 0, errno == ENOENT,
            let line = try? SystemFile.read("/proc/\(pid)/stat"),
            let close = line.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = line[line.utf8.index(after: close)...].split { $0 == " " || $0 == "\n" }
        guard fields.count > 49, fields[0] == "Z", let code = Int32(fields[49]) else { return nil }
        return code & 0x7f == 0 ? code >> 8 & 0xff : 128 + (code & 0x7f)
    }

    /// Every process now.
    public static func processes() throws(SystemError) -> [Int32] {
        try SystemFile.names(in: "/proc").compactMap { Int32($0) }.sorted()
    }

    /// A process's children and theirs, without itself, in no promised order.
    public static func descendants(of pid: Int32) throws(SystemError) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for process in try processes() {
            // One that ended meanwhile is no descendant any more.
            if let status = try? status(of: process) { children[status.parent, default: []].append(process) }
        }
        var result: [Int32] = []
        var open = children[pid] ?? []
        while let next = open.popLast() {
            result.append(next)
            open += children[next] ?? []
        }
        return result
    }

    /// The identity of a process's namespace, e.g. `mnt:[4026531841]`; kinds as in /proc/<pid>/ns.
    public static func namespace(_ kind: String, of process: String = "self") throws(SystemError) -> String {
        try readLink("/proc/\(process)/ns/\(kind)")
    }

    /// The number in it, which no other namespace of this boot has meanwhile.
    package static func namespaceNumber(_ kind: String, of process: String = "self") throws(SystemError) -> UInt64 {
        let identity = try namespace(kind, of: process)
        guard let text = identity.cut(at: "[")?.after, let number = UInt64(Substring(text.utf8.dropLast())) else {
            throw SystemError("parse", "/proc/\(process)/ns/\(kind)", errno: EINVAL)
        }
        return number
    }

    /// Whether an open file of a namespace is of the one that this process is in.
    package static func isOwnNamespace(_ descriptor: Int32, _ kind: Namespaces) throws(SystemError) -> Bool {
        guard let name = Namespaces.named.first(where: { $0.namespace == kind })?.name else { return false }
        let path = "/proc/self/ns/\(name)"
        var own = stat()
        var other = stat()
        try retryingOnInterrupt("stat", path) { stat(path, &own) }
        try retryingOnInterrupt("fstat", "a namespace") { fstat(descriptor, &other) }
        return own.st_dev == other.st_dev && own.st_ino == other.st_ino
    }

    /// Where a symbolic link points.
    public static func readLink(_ path: String) throws(SystemError) -> String {
        let size = Int(PATH_MAX)
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        defer { buffer.deallocate() }
        let count = try retryingOnInterrupt("readlink", path) { readlink(path, buffer, size) }
        return String(decoding: UnsafeRawBufferPointer(start: buffer, count: count), as: UTF8.self)
    }
}
