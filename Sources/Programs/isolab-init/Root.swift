import CWorkload
import Freestanding

/// The image's root, with what Linux itself puts into one.
enum Root {
    private enum Flag {
        static let readOnly = 1
        static let noSetUser = 2
        static let noDevices = 4
        static let noExecution = 8
        static let remount = 32
        static let bind = 4096
        static let move = 8192
    }

    /// The device nodes, and three descriptors on /dev/null: an init is started with the console, or with none at all.
    static func mountDevices() {
        make("/dev", 0o755)
        let result = mount("devtmpfs", "/dev", "devtmpfs", Flag.noSetUser)
        if result < 0 && result != -16 { Machine.fail("devtmpfs", errno: -result) }
        let null: StaticString = "/dev/null"
        let descriptor = open(null.address, Open.readWrite)
        if descriptor < 0 { Machine.fail("null", errno: -descriptor) }
        if descriptor != 0 { _ = systemCall(SystemCall.dup3, descriptor, 0, Open.closeOnExec) }
        if descriptor != 1 { _ = systemCall(SystemCall.dup3, descriptor, 1, Open.closeOnExec) }
        if descriptor != 2 { _ = systemCall(SystemCall.dup3, descriptor, 2, Open.closeOnExec) }
        if descriptor > 2 { close(descriptor) }
    }

    /// Makes the image's tree the root of this process.
    static func prepare(_ parameters: Parameters, _ port: inout Port) {
        if parameters.hasDisk {
            mountDisk(parameters, &port)
        } else {
            // A mount of its own, which can be moved and made read-only.
            need(mount("/image", "/image", "", Flag.bind), Stage.root, &port)
        }
        _ = systemCall(SystemCall.setHostname, Int(bitPattern: parameters.hostname), parameters.hostnameLength)
        raiseLoopback()
        Network.prepare(parameters, &port)
        raiseLimits()

        make("/image/dev", 0o755)
        need(mount("/dev", "/image/dev", "", Flag.move), Stage.mounts, &port)
        make("/image/proc", 0o555)
        let plain = Flag.noSetUser | Flag.noDevices | Flag.noExecution
        need(mount("proc", "/image/proc", "proc", plain), Stage.mounts, &port)
        make("/image/sys", 0o555)
        need(mount("sysfs", "/image/sys", "sysfs", plain), Stage.mounts, &port)
        // A kernel may be built without it; nothing here needs it.
        _ = mount("cgroup2", "/image/sys/fs/cgroup", "cgroup2", plain)
        make("/image/dev/pts", 0o755)
        need(
            mount(
                "devpts", "/image/dev/pts", "devpts", Flag.noSetUser | Flag.noExecution, "mode=620,ptmxmode=666,gid=5"),
            Stage.mounts, &port)
        make("/image/dev/shm", 0o1777)
        need(
            mount("tmpfs", "/image/dev/shm", "tmpfs", Flag.noSetUser | Flag.noDevices, "mode=1777"), Stage.mounts,
            &port)
        link("/proc/self/fd", "/image/dev/fd")
        link("/proc/self/fd/0", "/image/dev/stdin")
        link("/proc/self/fd/1", "/image/dev/stdout")
        link("/proc/self/fd/2", "/image/dev/stderr")
        if parameters.isReadOnly { mountScratch() }

        let image: StaticString = "/image"
        need(systemCall(SystemCall.chdir, image.address), Stage.root, &port)
        need(mount(".", "/", "", Flag.move), Stage.root, &port)
        let here: StaticString = "."
        need(systemCall(SystemCall.chroot, here.address), Stage.root, &port)
        // From here on every path, and every link in it, is the image's own.
        place(parameters, &port)
        mountShares(parameters, &port)
        makeDirectories(parameters.directory)
        if parameters.isReadOnly {
            need(mount("", "/", "", Flag.remount | Flag.bind | Flag.readOnly), Stage.readOnly, &port)
        }
    }

    /// A read-only disk with a layer of memory over it.
    private static func mountDisk(_ parameters: Parameters, _ port: inout Port) {
        make("/disk", 0o755)
        let source: StaticString = "/dev/vda"
        let target: StaticString = "/disk"
        let begin = milliseconds()
        while true {
            let result = systemCall(
                SystemCall.mount, source.address, target.address, Int(bitPattern: parameters.diskFormat),
                Flag.readOnly)
            if result == 0 { break }
            // The device comes a moment after its driver; a file system that the kernel does not know never does.
            if result != -ErrorNumber.noEntry || milliseconds() - begin > devicePatience {
                port.fail(Stage.disk, errno: -result)
            }
            sleep(milliseconds: 1)
        }
        make("/upper", 0o755)
        need(mount("tmpfs", "/upper", "tmpfs", 0, "mode=755"), Stage.overlay, &port)
        make("/upper/data", 0o755)
        make("/upper/work", 0o755)
        make("/image", 0o755)
        need(
            mount("overlay", "/image", "overlay", 0, "lowerdir=/disk,upperdir=/upper/data,workdir=/upper/work"),
            Stage.overlay, &port)
    }

    /// Places that programs write to even where the root is read-only.
    private static func mountScratch() {
        make("/image/tmp", 0o1777)
        make("/image/run", 0o755)
        make("/image/var", 0o755)
        make("/image/var/tmp", 0o1777)
        let flags = Flag.noSetUser | Flag.noDevices
        _ = mount("tmpfs", "/image/tmp", "tmpfs", flags, "mode=1777")
        _ = mount("tmpfs", "/image/run", "tmpfs", flags, "mode=755")
        _ = mount("tmpfs", "/image/var/tmp", "tmpfs", flags, "mode=1777")
    }

    /// Writes the files that the host gave, each whole.
    private static func place(_ parameters: Parameters, _ port: inout Port) {
        var files = parameters.files
        var index = 0
        while index < parameters.fileCount {
            let mode = files.number()
            var length = 0
            guard let path = files.text(), let content = files.blob(&length) else {
                port.fail(Stage.parameters, errno: ErrorNumber.invalid)
            }
            // A directory (S_IFDIR).
            if mode & 0o170_000 == 0o040_000 {
                makeDirectories(path, butLast: false)
                index += 1
                continue
            }
            makeDirectories(path, butLast: true)
            let file = open(
                Int(bitPattern: path), Open.writeOnly | Open.create | Open.truncate, mode: mode & 0o7777)
            need(file, Stage.file, &port)
            var written = 0
            while written < length {
                let result = systemCall(
                    SystemCall.write, file, Int(bitPattern: content + written), length - written)
                need(result, Stage.file, &port)
                written += result
            }
            close(file)
            index += 1
        }
    }

    /// The host's directories by their tags, and files of the host, each of which has a directory to itself.
    private static func mountShares(_ parameters: Parameters, _ port: inout Port) {
        var shares = parameters.shares
        let name: StaticString = "share0"
        let tag = memory(8)
        tag.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        let kind: StaticString = "virtiofs"
        var index = 0
        while index < parameters.shareCount {
            let flags = shares.number()
            guard let target = shares.text() else { port.fail(Stage.parameters, errno: ErrorNumber.invalid) }
            let isFile = flags & 1 != 0
            let readOnly = flags & 2 != 0 ? Flag.readOnly : 0
            makeDirectories(target, butLast: isFile)
            tag[5] = 0x30 + UInt8(truncatingIfNeeded: index)
            let directory = isFile ? passing.address : Int(bitPattern: target)
            if isFile { make(passing, 0o700) }
            need(
                systemCall(SystemCall.mount, Int(bitPattern: tag), directory, kind.address, readOnly), Stage.share,
                &port)
            if isFile { mountFile(target, &port) }
            index += 1
        }
    }

    /// Where a file's directory is mounted until the file has its place.
    private static var passing: StaticString { "/dev/.share" }

    private static func mountFile(_ target: UnsafePointer<UInt8>, _ port: inout Port) {
        let file = open(Int(bitPattern: target), Open.writeOnly | Open.create, mode: 0o644)
        // What is there already, and cannot be written to, can be mounted on.
        if file >= 0 { close(file) }
        let source: StaticString = "/dev/.share/file"
        need(
            systemCall(SystemCall.mount, source.address, Int(bitPattern: target), 0, Flag.bind), Stage.share, &port)
        let detached = 2
        need(systemCall(SystemCall.unmount, passing.address, detached), Stage.share, &port)
        _ = systemCall(SystemCall.removeDirectory, passing.address)
    }

    /// `mkdir -p`; what cannot be made is missed where it is needed.
    private static func makeDirectories(_ path: UnsafePointer<UInt8>, butLast: Bool = false) {
        let copy = memory(4096)
        var index = 0
        while path[index] != 0 && index < 4095 {
            if path[index] == 0x2f && index > 0 { _ = systemCall(SystemCall.mkdir, Int(bitPattern: copy), 0o755) }
            copy[index] = path[index]
            index += 1
        }
        if !butLast { _ = systemCall(SystemCall.mkdir, Int(bitPattern: copy), 0o755) }
    }

    /// The loopback device up (netdevice(7)): SIOCGIFFLAGS, IFF_UP, SIOCSIFFLAGS.
    private static func raiseLoopback() {
        let socket = systemCall(SystemCall.socket, 2, 2, 0)
        if socket < 0 { return }
        let request = memory(40)
        request[0] = 0x6c
        request[1] = 0x6f
        if systemCall(SystemCall.ioctl, socket, 0x8913, Int(bitPattern: request)) == 0 {
            request[16] |= 1
            _ = systemCall(SystemCall.ioctl, socket, 0x8914, Int(bitPattern: request))
        }
        close(socket)
    }

    /// As many open files as systemd lets its services have: 1024, and 524288 for who asks (RLIMIT_NOFILE is 7).
    private static func raiseLimits() {
        var limit = (soft: 1024, hard: 524_288)
        withUnsafeMutablePointer(to: &limit) {
            _ = systemCall(SystemCall.limit, 0, 7, Int(bitPattern: $0), 0)
        }
    }

    private static func need(_ result: Int, _ stage: Int, _ port: inout Port) {
        if result < 0 { port.fail(stage, errno: -result) }
    }

    private static func make(_ path: StaticString, _ mode: Int) {
        _ = systemCall(SystemCall.mkdir, path.address, mode)
        // The mode of an init's mask, and of a directory that was there, is not this one.
        if mode & 0o1000 != 0 { _ = systemCall(SystemCall.chmod, path.address, mode) }
    }

    private static func link(_ target: StaticString, _ path: StaticString) {
        _ = systemCall(SystemCall.symlink, target.address, path.address)
    }

    private static func mount(
        _ source: StaticString, _ target: StaticString, _ kind: StaticString, _ flags: Int,
        _ options: StaticString = ""
    ) -> Int {
        systemCall(SystemCall.mount, source.address, target.address, kind.address, flags, options.address)
    }
}
