import CSeccomp
import OCI

/// What runc (and so Docker) puts before libseccomp's program: a call newer than every call the profile names is answered
/// "no such call" (ENOSYS) instead of "not permitted", so that C libraries fall back to an older one.
enum NewerSystemCalls {
    static func prologue(for profile: SeccompProfile) -> [FilterInstruction] {
        switch profile.defaultAction {
        // These let newer calls pass; a tracer answers them itself.
        case .allow, .log, .trace, .notify: return []
        case .errno where profile.defaultErrorNumber == 38: return []
        default: break
        }
        let last = Dictionary(
            profile.architectures.compactMap { architecture in
                lastNumber(in: profile, architecture).map { (architecture, $0) }
            }, uniquingKeysWith: { first, _ in first })

        let noSuchCall = FilterInstruction(code: FilterCode.returnConstant, constant: 0x0005_0000 | 38)
        var sections: [[FilterInstruction]] = []
        if let wide = last[.x86_64] {
            var section = [
                FilterInstruction(code: FilterCode.loadAbsolute, constant: SystemCallData.numberOffset)
            ]
            if let narrow = last[.x32] {
                section += [
                    FilterInstruction(
                        code: FilterCode.jumpAnyBitSet, jumpTrue: 1, constant: SystemCallData.x32Bit),
                    FilterInstruction(code: FilterCode.jumpGreater, jumpTrue: 1, jumpFalse: 2, constant: wide),
                    FilterInstruction(code: FilterCode.jumpGreater, jumpFalse: 1, constant: narrow),
                    noSuchCall,
                ]
            } else {
                section += [
                    // The x32 convention is not of the profile; libseccomp's program judges it.
                    FilterInstruction(
                        code: FilterCode.jumpAnyBitSet, jumpTrue: 2, constant: SystemCallData.x32Bit),
                    FilterInstruction(code: FilterCode.jumpGreater, jumpFalse: 1, constant: wide),
                    noSuchCall,
                ]
            }
            sections.append(guarded(SystemCallData.x86_64, section))
        }
        for (architecture, audit) in [(SeccompProfile.Architecture.x86, SystemCallData.i386), (.aarch64, 0xC000_00B7)] {
            guard let number = last[architecture] else { continue }
            sections.append(
                guarded(
                    audit,
                    [
                        FilterInstruction(code: FilterCode.loadAbsolute, constant: SystemCallData.numberOffset),
                        FilterInstruction(code: FilterCode.jumpGreater, jumpFalse: 1, constant: number),
                        noSuchCall,
                    ]))
        }
        return Array(sections.joined())
    }

    /// Runs the section for calls of one architecture, and skips it for others.
    private static func guarded(_ audit: UInt32, _ section: [FilterInstruction]) -> [FilterInstruction] {
        [
            FilterInstruction(code: FilterCode.loadAbsolute, constant: SystemCallData.architectureOffset),
            FilterInstruction(code: FilterCode.jumpEqual, jumpFalse: UInt8(section.count), constant: audit),
        ] + section
    }

    /// The greatest number among the calls the profile names, as far as libseccomp knows them.
    private static func lastNumber(in profile: SeccompProfile, _ architecture: SeccompProfile.Architecture) -> UInt32? {
        let token = seccomp_arch_resolve_name(
            architecture.rawValue.dropFirst("SCMP_ARCH_".count).lowercased())
        guard token != 0 else { return nil }
        let numbers = profile.systemCalls.lazy.flatMap(\.names).map { seccomp_syscall_resolve_name_arch(token, $0) }
        // Negative numbers are libseccomp's own, for calls the architecture lacks.
        guard let last = numbers.filter({ $0 > 0 }).max() else { return nil }
        return UInt32(last)
    }
}
