import Glibc
import Linux

/// What options ask of the host, looked for before anything is made: the kernel would say it in words for programmers, and late.
enum HostLimits {
    static func check(_ options: RunOptions) throws {
        for volume in options.volumes { try checkSource(volume) }
        for volume in options.volumes where volume.target == "/dev" { try checkDevices(volume) }
        try check("--cpuset-cpus", options.processorSet, "processors", "/sys/devices/system/cpu/online")
        try check("--cpuset-mems", options.memoryNodes, "nodes of memory", "/sys/devices/system/node/online")
    }

    private static func checkSource(_ volume: VolumeMount) throws {
        var status = stat()
        guard stat(volume.source, &status) != 0 else { return }
        switch errno {
        case ENOENT, ENOTDIR:
            throw OptionError(
                volume.asked.name, volume.source, "there is no such file or directory on this host: make it first")
        // Root of a container's runtime may well see what the caller does not.
        case EACCES: return
        default: throw OptionError(volume.asked.name, volume.source, SystemError.message(errno))
        }
    }

    /// What is masked in a container is covered by its /dev/null: in a /dev without one nothing could be.
    private static func checkDevices(_ volume: VolumeMount) throws {
        var status = stat()
        guard stat(volume.source + "/null", &status) != 0 || status.st_mode & S_IFMT != S_IFCHR else { return }
        throw OptionError(
            volume.asked.name, volume.target,
            "\(volume.source) has no device files: -v /dev:/dev shows the host's, --device single ones")
    }

    /// - Parameter file: where the kernel says which there are.
    private static func check(_ option: String, _ list: String?, _ kind: String, _ file: String) throws {
        guard let list, let asked = NumberList(list), let text = try? SystemFile.read(file),
            let there = NumberList(String(text.prefix { $0 != "\n" })), let missing = asked.first(outside: there)
        else { return }
        throw OptionError(option, list, "this host has no \(missing); its \(kind) are \(text.prefix { $0 != "\n" })")
    }
}
