/// The words on a Linux guest's command line, and why each is there.
package enum KernelCommandLine {
    /// For the fastest boot of a distribution's kernel. Measured under TCG with Debian's cloud kernel 6.1.
    ///
    /// - Parameters:
    ///   - tscKilohertz: the host's, for `tsc_early_khz`: without it a microvm under TCG calibrates its clock against
    ///     devices that are late, and hangs in five boots of six.
    ///   - program: the init's path.
    package static func tuned(
        machine: MachineKind, tscKilohertz: Int, program: String = "/isolab-workload"
    ) -> String {
        var words = ending(program)
        words += [
            "quiet",  // the console is the slowest device there is
            "cryptomgr.notests",  // self-tests of algorithms nobody uses: −340 ms
            "initcall_blacklist=" + skippedInitcalls.joined(separator: ","),  // −220 ms
            "noreplace-smp",  // no lock prefixes to patch out one by one
            "random.trust_cpu=on",
            "tsc_early_khz=\(tscKilohertz)",
        ]
        // It has no second clock to check this one against but its own ticks, which a busy host delivers late: the kernel would
        // then call the counter unstable and count those ticks instead.
        if machine == .microvm { words.append("tsc=reliable") }
        return words.joined(separator: " ")
    }

    /// For the reference: what any user would type, no tuning.
    package static let plain = ending("/isolab-workload").joined(separator: " ")

    /// The init, and a panic or the init's end as a reset that libvirt sees, instead of a guest that hangs.
    private static func ending(_ program: String) -> [String] { ["rdinit=\(program)", "panic=-1", "reboot=t"] }

    /// Initcalls that cost most and that nothing here needs: tracing, certificates, key derivation, a congestion control.
    static let skippedInitcalls = [
        "init_kprobe_trace", "load_system_certificate_list", "crypto_kdf108_init", "cubictcp_register",
    ]
}
