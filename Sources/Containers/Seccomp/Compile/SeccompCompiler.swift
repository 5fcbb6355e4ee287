public import OCI

/// From a profile to a program: libseccomp decides what the profile means, isolab makes the program small.
public enum SeccompCompiler {
    /// Compiles a profile: some tens of milliseconds, most of them for the comparison; keep the result (`SeccompProgramCache`).
    ///
    /// The compact program is used only where it gives the same verdict as libseccomp's on every call tried
    /// (`FilterComparison`); else libseccomp's own is.
    ///
    /// - Parameter compact: false for libseccomp's own in any case, to compare with.
    public static func compile(
        _ profile: SeccompProfile, compact wanted: Bool = true
    ) throws(SeccompError) -> SeccompProgram {
        let flags = try flags(of: profile)
        let reference = try NewerSystemCalls.prologue(for: profile) + LibseccompCompiler.compile(profile)
        guard wanted else { return SeccompProgram(instructions: reference, flags: flags) }
        do throws(FilterFault) {
            let compact = try FilterCompactor.compact(reference)
            try FilterCheck.check(compact)
            if compact.count < reference.count,
                try FilterComparison.firstDifference(reference, compact, for: profile) == nil
            {
                return SeccompProgram(instructions: compact, flags: flags, isCompact: true)
            }
        } catch {
            // libseccomp used an operation the compactor does not know: its program stands.
        }
        return SeccompProgram(instructions: reference, flags: flags)
    }

    /// Of seccomp(2); those by which a filter gets a listener are set where one is asked for.
    private static let flagValues: [String: UInt32] = [
        "SECCOMP_FILTER_FLAG_TSYNC": 1, "SECCOMP_FILTER_FLAG_LOG": 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 4,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": 32,
    ]

    /// The flags a profile may name.
    public static var flagNames: [String] { flagValues.keys.sorted() }

    /// The architectures that libseccomp knows here.
    public static var architectures: [SeccompProfile.Architecture] {
        SeccompProfile.Architecture.allCases.filter(LibseccompCompiler.knows)
    }

    private static func flags(of profile: SeccompProfile) throws(SeccompError) -> UInt32 {
        var flags: UInt32 = 0
        for name in profile.flags {
            guard let flag = flagValues[name] else {
                throw SeccompError(operation: "flags", problem: "\(name) is not one isolab can set")
            }
            flags |= flag
        }
        return flags
    }
}
