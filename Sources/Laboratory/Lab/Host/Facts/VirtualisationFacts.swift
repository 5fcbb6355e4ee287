import RunRecord

/// Whether the host is itself a guest, what is stolen from it, and what KVM is set to.
enum VirtualisationFacts {
    static func read(_ host: HostSource) -> [Fact] {
        [
            .known("the host is itself", guestKind(host), decisive: true),
            .known("stolen CPU time since boot", steal(host.text("/proc/stat"))),
            .known("hardware virtualisation flag", flag(host), decisive: true),
            .known("KVM modules", kvmModules(host), decisive: true),
            .known("kvm.nx_huge_pages", host.text("/sys/module/kvm/parameters/nx_huge_pages"), decisive: true),
            .known("kvm.halt_poll_ns", host.text("/sys/module/kvm/parameters/halt_poll_ns"), decisive: true),
            .known("nested guests", vendorParameter(host, "nested")),
            .known("second-level paging", vendorParameter(host, "ept") ?? vendorParameter(host, "npt")),
        ]
    }

    /// The processor says "hypervisor" to a guest (CPUID.1:ECX[31]); the firmware's tables name which.
    static func guestKind(_ host: HostSource) -> String? {
        let flags = host.fields("/proc/cpuinfo")["flags"].map { $0.split(separator: " ") } ?? []
        let product = ["sys_vendor", "product_name"].compactMap { host.text("/sys/class/dmi/id/\($0)") }
            .filter { !$0.isEmpty }.joined(separator: " ")
        if let kind = host.text("/sys/hypervisor/type") { return "a guest (\(kind))" }
        if flags.contains("hypervisor") { return product.isEmpty ? "a guest" : "a guest (\(product))" }
        if flags.isEmpty { return nil }
        return product.isEmpty ? "bare metal" : "bare metal (\(product))"
    }

    /// The share of the `cpu` line's eighth number, which proc(5) calls steal.
    static func steal(_ stat: String?) -> String? {
        guard let times = ProcessorTimes(stat: stat ?? "") else { return nil }
        guard times.total > 0 else { return nil }
        let hundredths = times.stolen * 10_000 / times.total
        let decimals = hundredths % 100
        return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals) %"
    }

    private static func flag(_ host: HostSource) -> String? {
        guard let flags = host.fields("/proc/cpuinfo")["flags"]?.split(separator: " ") else { return nil }
        return flags.contains("vmx") ? "vmx" : flags.contains("svm") ? "svm" : "none"
    }

    private static func kvmModules(_ host: HostSource) -> String? {
        let modules = host.names("/sys/module").filter { $0 == "kvm" || $0.hasPrefix("kvm_") }
        return modules.isEmpty ? "none" : modules.joined(separator: ", ")
    }

    private static func vendorParameter(_ host: HostSource, _ name: String) -> String? {
        for module in ["kvm_intel", "kvm_amd"] {
            if let value = host.text("/sys/module/\(module)/parameters/\(name)") { return yesNo(value) }
        }
        return nil
    }
}
