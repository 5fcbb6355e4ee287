internal import Glibc
internal import Linux

/// Who the processes of a guest are: inside the user namespace of their cell, and to whoever starts them. Pure but for `detect`.
///
/// isolab-vm (with libvirt and virtiofsd) is one user and QEMU another where there are two to be had; nobody is root to the
/// host, and what either may do it may do in its own user namespace alone.
struct CellIdentity: Equatable, Sendable {
    /// A user and a group, as one side numbers them.
    struct Numbers: Equatable, Sendable {
        var user: UInt32
        var group: UInt32
    }

    /// Of the cell's user namespace.
    let maps: IdentityMaps
    /// isolab-vm's, inside and outside.
    let driver: Numbers
    let driverOutside: Numbers
    /// QEMU's; the driver's where there is no other.
    let emulator: Numbers
    let emulatorOutside: Numbers
    /// Whether the first process must be born in the user namespace: only root can prepare the rest before it enters.
    let isBornInside: Bool
    /// Whether the launcher is the host's root, who may make devices and idmapped mounts.
    let isHostRoots: Bool

    /// QEMU and its driver are different users.
    var isApart: Bool { driver != emulator }

    /// What it depends on.
    struct Facts: Equatable, Sendable {
        var numbers: Numbers
        /// Of the host, not of a user namespace.
        var isHostRoot: Bool
        /// The ids that the own user namespace has.
        var users: [Range<UInt32>]
        var groups: [Range<UInt32>]
        /// `/proc/self/setgroups`.
        var deniesSetGroups: Bool
        /// /dev/kvm can be opened by those alone who are in its group, or are its owner.
        var needsOwnGroups = false
    }

    /// The first of root's ids for guests, and how many the driver has: a range that systemd's list of such ranges ("Users, Groups,
    /// UIDs and GIDs on systemd Systems") has as unused. The one after them is QEMU's. No entry in /etc/passwd is needed.
    static let firstOfRoot: UInt32 = 0x7000_0000
    static let countOfRoot: UInt32 = 0x0800_0000

    init(_ facts: Facts) {
        isHostRoots = facts.isHostRoot
        isBornInside = facts.numbers.user != 0
        if facts.isHostRoot {
            let lines = "0 \(Self.firstOfRoot) \(Self.countOfRoot + 1)\n"
            maps = IdentityMaps(users: lines, groups: lines, deniesSetGroups: false, needsHelpers: false)
            driver = Numbers(user: 0, group: 0)
            driverOutside = Numbers(user: Self.firstOfRoot, group: Self.firstOfRoot)
            emulator = Numbers(user: Self.countOfRoot, group: Self.countOfRoot)
            let number = Self.firstOfRoot + Self.countOfRoot
            emulatorOutside = Numbers(user: number, group: number)
            return
        }
        if facts.numbers.user == 0, !facts.deniesSetGroups, !facts.needsOwnGroups,
            let user = facts.users.last?.last, let group = facts.groups.last?.last, user != 0, group != 0
        {
            // Root of a user namespace: the cell's is the same once more, and QEMU the last of its ids.
            maps = IdentityMaps(
                users: Self.same(facts.users), groups: Self.same(facts.groups), deniesSetGroups: false,
                needsHelpers: false)
            driver = Numbers(user: 0, group: 0)
            driverOutside = driver
            emulator = Numbers(user: user, group: group)
            emulatorOutside = emulator
            return
        }
        // One id alone: libvirt's driver for ordinary users, who may not be called root for it.
        let inside = Numbers(
            user: facts.numbers.user == 0 ? 1 : facts.numbers.user,
            group: facts.numbers.group == 0 ? 1 : facts.numbers.group)
        maps = IdentityMaps(
            users: "\(inside.user) \(facts.numbers.user) 1\n", groups: "\(inside.group) \(facts.numbers.group) 1\n",
            deniesSetGroups: true, needsHelpers: false)
        driver = inside
        driverOutside = facts.numbers
        emulator = inside
        emulatorOutside = facts.numbers
    }

    private static func same(_ ranges: [Range<UInt32>]) -> String {
        ranges.map { "\($0.lowerBound) \($0.lowerBound) \($0.count)\n" }.joined()
    }

    /// This process's.
    ///
    /// - Parameter sharesDirectories: libvirt lets nobody share directories but who has a second id.
    static func detect(sharesDirectories: Bool = false) -> CellIdentity {
        let isHostRoot = StandardDirectories.isHostRoot
        var device = stat()
        let isGroups =
            !isHostRoot && !sharesDirectories && stat("/dev/kvm", &device) == 0 && device.st_mode & 0o006 != 0o006
            && access("/dev/kvm", R_OK | W_OK) == 0
        return CellIdentity(
            Facts(
                numbers: Numbers(user: geteuid(), group: getegid()), isHostRoot: isHostRoot,
                users: ranges("uid_map"), groups: ranges("gid_map"),
                deniesSetGroups: ((try? SystemFile.read("/proc/self/setgroups")) ?? "").hasPrefix("deny"),
                needsOwnGroups: isGroups))
    }

    /// Detected once, where QEMU's group is all that matters.
    static let own = detect(sharesDirectories: true)

    private static func ranges(_ file: String) -> [Range<UInt32>] {
        ranges(ofMap: (try? SystemFile.read("/proc/self/\(file)")) ?? "")
    }

    /// The ids inside, of a map's lines (user_namespaces(7)).
    static func ranges(ofMap text: String) -> [Range<UInt32>] {
        text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, numbers[2] > 0 else { return nil }
            let (end, overflow) = numbers[0].addingReportingOverflow(numbers[2])
            return numbers[0]..<(overflow ? UInt32.max : end)
        }
    }
}

// MARK: - Files

extension CellIdentity {
    /// Gives QEMU a file or a socket of its own.
    func give(_ path: String) throws(SystemError) {
        guard isApart else { return }
        let owner = emulatorOutside
        try retryingOnInterrupt("chown", path) { lchown(path, owner.user, owner.group) }
    }

    /// Lets QEMU read a file of ours that is not everybody's: by its group, which nobody else is in.
    func admit(_ path: String) throws(SystemError) {
        guard isApart, !mayRead(path) else { return }
        let group = emulatorOutside.group
        try retryingOnInterrupt("chown", path) { lchown(path, .max, group) }
        try retryingOnInterrupt("chmod", path) { chmod(path, 0o640) }
    }

    /// Whether QEMU may read a file that it gets to.
    func mayRead(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        if status.st_uid == emulatorOutside.user { return status.st_mode & 0o400 != 0 }
        if status.st_gid == emulatorOutside.group, status.st_mode & 0o040 != 0 { return true }
        return status.st_mode & 0o004 != 0
    }

    /// Makes everything in a tree, and itself, the driver's.
    func giveToDriver(_ tree: String) throws(SystemError) {
        guard isApart, driverOutside != Numbers(user: geteuid(), group: getegid()) else { return }
        let owner = driverOutside
        var status = stat()
        guard lstat(tree, &status) == 0 else { throw SystemError("lstat", tree) }
        try retryingOnInterrupt("chown", tree) { lchown(tree, owner.user, owner.group) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in try SystemFile.names(in: tree) { try giveToDriver("\(tree)/\(name)") }
    }
}
