import RunRecord
import Testing

@testable import Lab

/// Facts read from recorded texts of other kinds of machine.
@Suite struct HostFactsTests {
    /// A desktop with cgroup v2: every fact that decides comparability is found and marked so.
    @Test func bareMetalDesktop() {
        let facts = Facts(of: .desktop)
        #expect(facts["Processor", "model"] == "AMD Ryzen 7 5800X 8-Core Processor")
        #expect(facts["Processor", "logical CPUs"] == "2")
        #expect(facts["Processor", "topology"] == "1 socket, 1 core")
        #expect(facts["Processor", "SMT"] == "on")
        #expect(facts["Processor", "frequency governor"] == "performance on 1, powersave on 1")
        #expect(facts["Processor", "turbo"] == "on")
        #expect(facts["Processor", "highest frequency"] == "4850 MHz")
        #expect(facts["Processor", "time-stamp counter"] == "tsc constant_tsc rdtscp nonstop_tsc")
        #expect(facts["Memory", "total"] == "31.3 GiB")
        #expect(facts["Memory", "swap"] == "2 GiB, 1.9 GiB free")
        #expect(facts["Memory", "transparent huge pages"] == "madvise")
        #expect(facts["Memory", "KSM"] == "off")
        #expect(facts["Kernel", "distribution"] == "Ubuntu 24.04.1 LTS")
        #expect(facts["Kernel", "clock source"] == "tsc")
        #expect(facts["Mitigations", "spectre_v2"] == "Mitigation: Retpolines; IBPB: conditional")
        #expect(facts["Mitigations", "not affected"] == "l1tf, meltdown")
        #expect(facts["Virtualisation", "the host is itself"] == "bare metal (ASUS PRIME B550)")
        #expect(facts["Virtualisation", "hardware virtualisation flag"] == "svm")
        #expect(facts["Virtualisation", "KVM modules"] == "kvm, kvm_amd")
        #expect(facts["Virtualisation", "nested guests"] == "on")
        #expect(facts["Virtualisation", "second-level paging"] == "on")
        #expect(facts["Virtualisation", "stolen CPU time since boot"] == "0.00 %")
        #expect(facts["Control groups", "layout"] == "v2")
        #expect(facts["Control groups", "v2 controllers"] == "cpuset cpu io memory hugetlb pids rdma misc")
        #expect(facts["Control groups", "favordynmods"] == "off")
        #expect(facts["Security", "unprivileged user namespaces"]?.hasPrefix("restricted by AppArmor") == true)
        #expect(facts["Security", "capabilities missing from the bounding set"] == "none")
        #expect(facts["Programs", "QEMU"] == "8.2.2")
        #expect(facts["Programs", "libvirt"] == "10.0.0")
        #expect(facts["Programs", "libseccomp"] == "2.5.5")
        #expect(facts["Programs", "crun"] == "1.14.1")
        #expect(facts["Programs", "runsc"] == "release-20240930.0")
        #expect(facts["Programs", "runc"] == HostReport.notAvailable)
        for (section, name) in [
            ("Processor", "model"), ("Processor", "frequency governor"), ("Processor", "SMT"), ("Processor", "turbo"),
            ("Kernel", "release"), ("Kernel", "clock source"), ("Mitigations", "spectre_v2"),
            ("Virtualisation", "the host is itself"), ("Control groups", "layout"), ("Security", "seccomp JIT"),
            ("Programs", "QEMU"),
        ] {
            #expect(facts.decisive.contains("\(section)/\(name)"), "\(section), \(name)")
        }
        // What drifts from minute to minute must not forbid a comparison.
        for (section, name) in [("Memory", "available at the start"), ("Virtualisation", "stolen CPU time since boot")]
        {
            #expect(!facts.decisive.contains("\(section)/\(name)"), "\(section), \(name)")
        }
    }

    /// A cloud instance: a guest by its own account, with time stolen, favordynmods and no frequency control.
    @Test func cloudInstance() {
        let facts = Facts(of: .cloud)
        #expect(facts["Virtualisation", "the host is itself"] == "a guest (Amazon EC2 m5.large)")
        #expect(facts["Virtualisation", "stolen CPU time since boot"] == "1.25 %")
        #expect(facts["Virtualisation", "hardware virtualisation flag"] == "none")
        #expect(facts["Virtualisation", "KVM modules"] == "none")
        #expect(facts["Processor", "frequency governor"] == HostReport.notAvailable)
        #expect(facts["Control groups", "favordynmods"] == "on")
        #expect(facts["Memory", "swap"] == "none")
        #expect(facts["Security", "unprivileged user namespaces"] == "allowed")
        #expect(facts["Security", "capabilities missing from the bounding set"] == "CAP_SYS_RESOURCE")
    }

    /// Where nothing can be read, every fact is there and says so.
    @Test func nothingReadable() {
        let sections = HostReport.collect(from: HostSource(recorded: [:]))
        #expect(sections.count == 8)
        for section in sections {
            #expect(!section.facts.isEmpty, "\(section.title)")
            for fact in section.facts where !["KVM modules"].contains(fact.name) {
                #expect(fact.value == HostReport.notAvailable, "\(section.title), \(fact.name)")
            }
        }
    }

    /// The command line keeps what changes the kernel's behaviour, and nothing that names a disk or addresses init.
    @Test func commandLineWithoutIdentity() {
        #expect(
            KernelFacts.commandLine(
                "BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 ro quiet mitigations=off isolcpus=2,3 init=/x -- --token secret"
            )
                == "ro quiet mitigations=off isolcpus=2,3")
    }

    /// This machine has a processor, a kernel and memory, and no fact's name appears twice in a section.
    @Test func thisMachine() {
        let sections = HostReport.collect()
        let facts = Facts(sections)
        #expect(facts["Kernel", "release"] != HostReport.notAvailable)
        #expect(facts["Processor", "logical CPUs"] != HostReport.notAvailable)
        #expect(facts["Memory", "total"] != HostReport.notAvailable)
        for section in sections {
            #expect(Set(section.facts.map(\.name)).count == section.facts.count, "\(section.title)")
            #expect(section.facts.allSatisfy { !$0.value.isEmpty && !$0.value.contains("\n") })
        }
    }
}

/// Facts by section and name.
private struct Facts {
    private var values: [String: String] = [:]
    private(set) var decisive: Set<String> = []

    init(of source: HostSource) { self.init(HostReport.collect(from: source)) }

    init(_ sections: [FactSection]) {
        for section in sections {
            for fact in section.facts {
                values["\(section.title)/\(fact.name)"] = fact.value
                if fact.decisive { decisive.insert("\(section.title)/\(fact.name)") }
            }
        }
    }

    subscript(section: String, name: String) -> String? { values["\(section)/\(name)"] }
}
