@testable import Lab

extension HostSource {
    /// A machine whose files are these; links are entries `→path`, programs entries `$ words`.
    init(recorded files: [String: String]) {
        self.init(
            text: { files[$0].map(trimmed) },
            names: { directory in
                let prefix = directory + "/"
                let names = files.keys.filter { $0.hasPrefix(prefix) }.map { path in
                    String(path.dropFirst(prefix.count).prefix { $0 != "/" })
                }
                return Set(names).sorted()
            },
            link: { files["→" + $0] },
            ask: { files["$ " + $0.joined(separator: " ")].map { ProgramAnswer.said($0) } ?? .absent })
    }

    /// A desktop on bare metal: AMD, Ubuntu 24.04, cgroup v2 (shortened to one core).
    static let desktop: HostSource = {
        let cpu = "/sys/devices/system/cpu"
        let thread = """
            vendor_id\t: AuthenticAMD
            cpu family\t: 25
            model\t\t: 33
            model name\t: AMD Ryzen 7 5800X 8-Core Processor
            stepping\t: 0
            microcode\t: 0xa201025
            physical id\t: 0
            core id\t\t: 0
            flags\t\t: fpu tsc msr constant_tsc rdtscp nonstop_tsc svm
            """
        return HostSource(recorded: [
            "/proc/cpuinfo": "processor\t: 0\n\(thread)\n\nprocessor\t: 1\n\(thread)\n",
            "\(cpu)/smt/active": "1\n",
            "\(cpu)/cpu0/cpufreq/scaling_governor": "powersave\n",
            "\(cpu)/cpu1/cpufreq/scaling_governor": "performance\n",
            "\(cpu)/cpu0/cpufreq/cpuinfo_max_freq": "4850000\n",
            "\(cpu)/cpufreq/boost": "1\n",
            "\(cpu)/vulnerabilities/meltdown": "Not affected\n",
            "\(cpu)/vulnerabilities/l1tf": "Not affected\n",
            "\(cpu)/vulnerabilities/spectre_v2": "Mitigation: Retpolines; IBPB: conditional\n",
            "/proc/meminfo": """
            MemTotal:       32813412 kB
            MemFree:        10000000 kB
            MemAvailable:   20000000 kB
            SwapTotal:       2097152 kB
            SwapFree:        2000000 kB
            HugePages_Total:       0
            """,
            "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
            "/sys/kernel/mm/ksm/run": "0\n",
            "/proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
            "/etc/os-release": "NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
            "/sys/class/dmi/id/sys_vendor": "ASUS\n",
            "/sys/class/dmi/id/product_name": "PRIME B550\n",
            "/proc/stat": "cpu  1000 0 500 8000 500 0 0 0 0 0\ncpu0 1000 0 500 8000 500 0 0 0 0 0\n",
            "/sys/module/kvm/parameters/nx_huge_pages": "N\n",
            "/sys/module/kvm_amd/parameters/nested": "1\n",
            "/sys/module/kvm_amd/parameters/npt": "Y\n",
            "/proc/self/mountinfo":
                "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
            "/proc/self/cgroup": "0::/user.slice/user-1000.slice\n",
            "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
            "/sys/kernel/security/lsm": "lockdown,capability,landlock,yama,apparmor",
            "/proc/sys/net/core/bpf_jit_enable": "1\n",
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
            "/proc/sys/user/max_user_namespaces": "127000\n",
            "/proc/self/status": "Name:\tcat\nCapBnd:\t000001ffffffffff\n",
            "$ qemu-system-x86_64 --version":
                "QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1)\nCopyright (c) 2003-2023 Fabrice Bellard",
            "→/usr/lib/x86_64-linux-gnu/libvirt.so.0": "libvirt.so.0.10000.0",
            "→/usr/lib/x86_64-linux-gnu/libseccomp.so.2": "libseccomp.so.2.5.5",
            "$ crun --version": "crun version 1.14.1\ncommit: de537a7965bfbe9992e2cfae0baeb56a08128171",
            "$ runsc --version": "runsc version release-20240930.0\nspec: 1.1.0-rc.1",
        ])
    }()

    /// A small cloud instance: Intel under KVM, no frequency control, cgroup v2 with favordynmods, one capability short.
    static let cloud = HostSource(recorded: [
        "/proc/cpuinfo":
            "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Platinum 8259CL\nflags\t\t: fpu tsc hypervisor\n",
        "/proc/meminfo": "MemTotal:        7953040 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
        "/proc/sys/kernel/osrelease": "6.1.0-25-cloud-amd64\n",
        "/sys/class/dmi/id/sys_vendor": "Amazon EC2\n",
        "/sys/class/dmi/id/product_name": "m5.large\n",
        "/proc/stat": "cpu  1000 0 500 8000 375 0 0 125 0 0\n",
        "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,favordynmods\n",
        "/proc/self/cgroup": "0::/\n",
        "/proc/sys/user/max_user_namespaces": "30000\n",
        "/proc/self/status": "CapBnd:\t000001fffeffffff\n",
    ])
}
