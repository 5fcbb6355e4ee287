import Content
import Glibc
import Linux

extension ImageStore {
    /// Why overlayfs cannot be mounted over this store's directory; nil where it can.
    ///
    /// Root, of the host or of a user namespace, finds out by mounting one, in a namespace of its own, once after each boot. An
    /// ordinary user would need a user namespace for it: there a container's start tells.
    package func overlayProblem() throws(ImageError) -> String? {
        guard geteuid() == 0 else { return nil }
        let boot = try calling { () throws(SystemError) in
            try SystemFile.read("/proc/sys/kernel/random/boot_id").prefix { $0 != "\n" }
        }
        let answer = "\(root)/overlay-probe"
        if let text = try? SystemFile.read(answer), text.hasPrefix(boot + " ") {
            let problem = text.dropFirst(boot.utf8.count + 1)
            return problem.isEmpty ? nil : String(problem)
        }
        let problem = probe()
        // Remembering it saves a process for each container; what goes wrong here costs nothing else.
        try? SystemFile.replace(answer, with: Array("\(boot) \(problem ?? "")".utf8))
        return problem
    }

    private func probe() -> String? {
        let directory = "\(root)/probe"
        guard let lock = try? FileLock(.exclusive, "\(root)/locks/probe", removing: true) else { return nil }
        defer {
            withExtendedLifetime(lock) {}
            for name in ["lower/0", "lower", "upper", "work/work", "work", "mount", ""] {
                rmdir("\(directory)/\(name)")
            }
        }
        do throws(SystemError) {
            for name in ["lower/0", "upper", "work", "mount"] { try SystemFile.makeDirectories("\(directory)/\(name)") }
            let overlay = OverlayMount(
                stack: directory + "/lower", count: 1, upper: directory + "/upper", work: directory + "/work")
            // A directory cannot be executed: that the last step fails says that the one before did not.
            let program = ChildProgram(
                [
                    .mount(source: "", target: "/", type: "", flags: [.follower, .recursive], data: ""),
                    .mountOverlay(
                        overlay, target: directory + "/mount", userAttributes: !StandardDirectories.isHostRoot),
                    .execute(candidates: ["/"], arguments: ["/"], environment: []),
                ], inputs: .init())
            _ = try program.start(namespaces: .mount, cgroup: -1)
            return nil
        } catch {
            return error.operation == "execve" ? nil : error.description
        }
    }
}
