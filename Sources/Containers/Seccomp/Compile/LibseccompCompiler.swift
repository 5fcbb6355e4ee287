import CSeccomp
import Glibc
import Linux
import OCI

/// Hands a profile to libseccomp and takes the program it makes of it, unchanged.
enum LibseccompCompiler {
    /// The library's version, e.g. `2.5.4`: what it knows of system calls decides what a profile means.
    static var version: String {
        guard let version = seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    static func compile(_ profile: SeccompProfile) throws(SeccompError) -> [FilterInstruction] {
        let defaultAction = try code(of: profile.defaultAction, profile.defaultErrorNumber, "default action")
        guard let filter = seccomp_init(defaultAction) else {
            throw SeccompError(operation: "default action", problem: "libseccomp refuses it")
        }
        defer { seccomp_release(filter) }

        for architecture in profile.architectures {
            let status = seccomp_arch_add(filter, try token(of: architecture))
            guard status == 0 || status == -EEXIST else {
                throw SeccompError(operation: "\(architecture)", problem: SystemError.message(-status))
            }
        }
        for rule in profile.systemCalls {
            let action = try code(of: rule.action, rule.errorNumber, "rule for \(rule.names.first ?? "nothing")")
            // libseccomp refuses a rule that says what is said already.
            if action == defaultAction { continue }
            for name in rule.names {
                // A call this libseccomp does not know keeps the default, as in crun and runc.
                guard let number = number(of: name) else { continue }
                for conditions in alternatives(rule.arguments) {
                    try add(conditions, action, number: number, name: name, to: filter)
                }
            }
        }
        return try export(filter)
    }

    /// libseccomp's number of a call; negative for those the host's architecture lacks; nil where libseccomp does not know it.
    static func number(of name: String) -> Int32? {
        let number = seccomp_syscall_resolve_name(name)
        return number == __NR_SCMP_ERROR ? nil : number
    }

    /// Several conditions on one argument are alternatives, not a conjunction, in crun and runc (libseccomp cannot join
    /// them), and profiles are written for that.
    private static func alternatives(_ conditions: [SeccompProfile.Condition]) -> [[SeccompProfile.Condition]] {
        Set(conditions.map(\.index)).count == conditions.count ? [conditions] : conditions.map { [$0] }
    }

    private static func add(
        _ conditions: [SeccompProfile.Condition], _ action: UInt32, number: Int32, name: String,
        to filter: scmp_filter_ctx
    ) throws(SeccompError) {
        let comparisons = try conditions.map { (condition) throws(SeccompError) in
            guard condition.index < 6 else {
                throw SeccompError(operation: "rule for \(name)", problem: "there is no argument \(condition.index)")
            }
            return scmp_arg_cmp(
                arg: condition.index, op: comparison(condition.comparison), datum_a: condition.value,
                datum_b: condition.valueTwo ?? 0)
        }
        let status = comparisons.withUnsafeBufferPointer {
            seccomp_rule_add_array(filter, action, number, UInt32($0.count), $0.baseAddress)
        }
        guard status == 0 || status == -EEXIST else {
            throw SeccompError(operation: "rule for \(name)", problem: SystemError.message(-status))
        }
    }

    private static func export(_ filter: scmp_filter_ctx) throws(SeccompError) -> [FilterInstruction] {
        let descriptor = isolab_seccomp_memfd()
        guard descriptor >= 0 else {
            throw SeccompError(operation: "export", problem: "\(SystemError("memfd_create", "seccomp program"))")
        }
        let file = OwnedDescriptor(owning: descriptor)
        let status = seccomp_export_bpf(filter, file.number)
        guard status == 0 else {
            throw SeccompError(operation: "export", problem: SystemError.message(-status))
        }
        let size = lseek(file.number, 0, SEEK_END)
        let stride = MemoryLayout<FilterInstruction>.stride
        guard size > 0, size % stride == 0 else {
            throw SeccompError(operation: "export", problem: "libseccomp wrote \(size) bytes")
        }
        var received = 0
        let program = [FilterInstruction](unsafeUninitializedCapacity: size / stride) { buffer, count in
            received = pread(file.number, buffer.baseAddress, size, 0)
            count = max(0, received) / stride
        }
        guard received == size else {
            throw SeccompError(operation: "export", problem: "read \(received) of \(size) bytes")
        }
        return program
    }

    static func knows(_ architecture: SeccompProfile.Architecture) -> Bool {
        seccomp_arch_resolve_name(architecture.rawValue.dropFirst("SCMP_ARCH_".count).lowercased()) != 0
    }

    private static func token(of architecture: SeccompProfile.Architecture) throws(SeccompError) -> UInt32 {
        let name = architecture.rawValue.dropFirst("SCMP_ARCH_".count).lowercased()
        let token = seccomp_arch_resolve_name(name)
        guard token != 0 else {
            throw SeccompError(operation: name, problem: "libseccomp \(version) does not know this architecture")
        }
        return token
    }

    /// `SECCOMP_RET_…` with the error number in its low 16 bits.
    private static func code(
        of action: SeccompProfile.Action, _ errorNumber: UInt32?, _ operation: String
    ) throws(SeccompError) -> UInt32 {
        let number = errorNumber ?? UInt32(EPERM)
        guard number <= 0xFFFF else {
            throw SeccompError(operation: operation, problem: "the error number \(number) does not fit 16 bits")
        }
        switch action {
        case .killThread, .kill: return 0
        case .killProcess: return 0x8000_0000
        case .trap: return 0x0003_0000
        case .errno: return 0x0005_0000 | number
        case .trace: return 0x7FF0_0000 | number
        case .allow: return 0x7FFF_0000
        case .log: return 0x7FFC_0000
        case .notify: return 0x7FC0_0000
        }
    }

    private static func comparison(_ comparison: SeccompProfile.Condition.Comparison) -> scmp_compare {
        switch comparison {
        case .notEqual: SCMP_CMP_NE
        case .lessThan: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greaterThan: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}
