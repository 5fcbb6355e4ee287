import CLinux
import Glibc

/// Device rules in force on a cgroup of v2, by a BPF program that the kernel asks at every open and mknod (bpf(2),
/// BPF_PROG_TYPE_CGROUP_DEVICE). It goes with the cgroup.
public enum DeviceFilter {
    /// By which a program is known as isolab's among those of others (systemd attaches some); at most 15 bytes.
    private static let name = "isolab_devices"

    /// Whether the kernel lets the caller load such programs: it needs CAP_BPF or CAP_SYS_ADMIN in the first user namespace.
    public static func isAvailable() -> Bool {
        guard let program = try? load(DeviceProgram([])) else { return false }
        _ = consume program
        return true
    }

    /// Puts rules in force on a cgroup, in the place of those isolab put there before; none at all takes them off.
    static func apply(_ rules: [CgroupLimits.DeviceRule], to path: String) throws(SystemError) {
        let directory = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
        let former = try attached(to: directory.number, path)
        defer { for program in former { close(program) } }
        if !rules.isEmpty {
            let program = try load(DeviceProgram(rules))
            var replaced = former.first ?? -1
            var result = isolab_bpf_attach_device_program(directory.number, program.number, replaced)
            if result != 0, errno == EINVAL, replaced >= 0 {
                // Before kernel 5.6 nothing can be replaced in one step: both hold for a moment.
                replaced = -1
                result = isolab_bpf_attach_device_program(directory.number, program.number, -1)
            }
            if result != 0 { throw SystemError("bpf", "attach device rules to \(path)") }
            if replaced >= 0 { return }
        }
        for program in former where isolab_bpf_detach_device_program(directory.number, program) != 0 {
            throw SystemError("bpf", "detach former device rules from \(path)")
        }
    }

    private static func load(_ program: DeviceProgram) throws(SystemError) -> OwnedDescriptor {
        let words = program.instructions.map(\.word)
        let number = words.withUnsafeBufferPointer {
            isolab_bpf_load_device_program($0.baseAddress, UInt32($0.count), name, nil, 0)
        }
        guard number >= 0 else {
            throw SystemError(
                "bpf", "load device rules",
                advice: errno == EPERM ? "that needs root outside any user namespace" : nil)
        }
        return OwnedDescriptor(owning: number)
    }

    /// isolab's own programs on a cgroup, open; the caller closes them.
    private static func attached(to directory: Int32, _ path: String) throws(SystemError) -> [Int32] {
        var identifiers = [UInt32](repeating: 0, count: 64)
        let count = isolab_bpf_query_device_programs(directory, &identifiers, UInt32(identifiers.count))
        guard count >= 0 else { throw SystemError("bpf", "query device rules of \(path)") }
        var result: [Int32] = []
        for identifier in identifiers.prefix(Int(count)) {
            var name = [CChar](repeating: 0, count: 16)
            let program = isolab_bpf_open_program(identifier, &name)
            // One that goes meanwhile was not ours: nobody else changes our cgroup.
            guard program >= 0 else { continue }
            let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text == Self.name { result.append(program) } else { close(program) }
        }
        return result
    }
}
