import Glibc
import Linux

/// What /proc says of a process that is to be shut in: every way in which it is not, in words.
package struct Confinement {
    package let pid: Int32

    package init(_ pid: Int32) { self.pid = pid }

    /// What it calls itself.
    package var name: String { text("comm").filter { $0 != "\n" } }

    /// The fields of `status` (proc_pid_status(5)).
    package var status: [String: String] {
        var fields: [String: String] = [:]
        for line in text("status").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 {
                fields[String(parts[0])] = parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
        }
        return fields
    }

    /// - Parameters:
    ///   - owner: the user that it is to the reader.
    ///   - holdsCapabilities: some, in its own user namespace, which are worth nothing on the host.
    ///   - isFiltered: it has a seccomp filter.
    ///   - directory: where alone it may change files.
    package func violations(
        owner: UInt32, holdsCapabilities: Bool = false, isFiltered: Bool = true, directory: String
    ) -> [String] {
        var found: [String] = []
        let status = status
        guard !status.isEmpty else { return ["process \(pid) is gone"] }
        let numbers = "\(owner) \(owner) \(owner) \(owner)"
        for field in ["Uid", "Gid"] where status[field] != numbers { found.append("\(field) \(status[field] ?? "")") }
        let groups = (status["Groups"] ?? "").split(separator: " ")
        if groups.contains("0") { found.append("Groups \(groups)") }
        for field in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            let set = UInt64(status[field] ?? "", radix: 16) ?? ~0
            if set != 0, !holdsCapabilities || field == "CapInh" || field == "CapAmb" {
                found.append("\(field) \(status[field] ?? "")")
            }
        }
        // NET_ADMIN, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_BOOT, SYS_TIME, BPF: nobody here needs them.
        let bounding = UInt64(status["CapBnd"] ?? "", radix: 16) ?? ~0
        for number: UInt64 in [12, 16, 17, 19, 22, 25, 39] where bounding >> number & 1 == 1 {
            found.append("CapBnd has capability \(number)")
        }
        if status["NoNewPrivs"] != "1" { found.append("NoNewPrivs \(status["NoNewPrivs"] ?? "")") }
        if isFiltered, status["Seccomp"] != "2" { found.append("Seccomp \(status["Seccomp"] ?? "")") }
        for kind in ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"] {
            let own = link("/proc/self/ns/\(kind)")
            if own.isEmpty || link("/proc/\(pid)/ns/\(kind)") == own { found.append("the host's \(kind) namespace") }
        }
        return found + files(directory: directory)
    }

    /// Mounts, devices, and open files of the host.
    private func files(directory: String) -> [String] {
        var found: [String] = []
        let mounts = (try? MountEntry.all(of: "\(pid)")) ?? []
        if mounts.isEmpty { found.append("its mounts cannot be read") }
        for mount in mounts {
            let isWritable = mount.options.split(separator: ",").contains("rw")
            let isMemory = ["tmpfs", "proc", "devtmpfs"].contains(mount.type)
            if mount.target == "/", mount.type != "tmpfs", !mount.target.hasPrefix(directory) {
                found.append("the root is \(mount.type)")
            }
            let isOwn = mount.target == directory || mount.target.hasPrefix(directory + "/")
            if isWritable, !isMemory, !isOwn, !mount.target.hasPrefix("/dev/") {
                found.append("writes to \(mount.target) (\(mount.type))")
            }
        }
        for name in ["home", "boot", "srv", "mnt", "media"] where !names("root/\(name)").isEmpty {
            found.append("sees /\(name)")
        }
        let devices = Set(names("root/dev")).subtracting([
            "null", "zero", "full", "random", "urandom", "kvm", "fd", "stdin", "stdout", "stderr",
        ])
        if !devices.isEmpty { found.append("devices \(devices.sorted())") }
        for descriptor in names("fd") {
            let target = link("/proc/\(pid)/fd/\(descriptor)")
            let isHarmless =
                !target.hasPrefix("/") || target.hasPrefix("/memfd:") || target.hasPrefix("/dev/")
                || target.hasPrefix(directory) || target.hasPrefix("/proc/") || target == "/"
            if !isHarmless { found.append("holds \(target) open") }
        }
        return found
    }

    private func text(_ file: String) -> String { (try? SystemFile.read("/proc/\(pid)/\(file)")) ?? "" }

    private func names(_ directory: String) -> [String] {
        (try? SystemFile.names(in: "/proc/\(pid)/\(directory)")) ?? []
    }

    private func link(_ path: String) -> String { (try? Procfs.readLink(path)) ?? "" }
}
