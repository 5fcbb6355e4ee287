import Glibc
import Linux

/// The file systems whose files the kernel makes up when they are looked at (/proc, /sys and their like): they have no sizes that would
/// mean anything, and are no files to copy.
struct KernelFiles: Equatable {
    private let devices: Set<UInt64>

    static let none = KernelFiles(mountInformation: "")

    private static let types: Set<Substring> = [
        "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "debugfs", "tracefs", "securityfs", "bpf", "efivarfs",
        "configfs", "pstore", "nsfs",
    ]

    /// Those that a process sees.
    ///
    /// - Parameter process: its number, or `self`.
    init(of process: String) throws(SystemError) {
        self.init(mountInformation: try SystemFile.read("/proc/\(process)/mountinfo"))
    }

    /// From the text of `/proc/PID/mountinfo`.
    init(mountInformation text: String) {
        var devices: Set<UInt64> = []
        for line in text.parts(between: "\n") where MountEntry(line: line, ofType: { Self.types.contains($0) }) != nil {
            let numbers = line.parts(between: " ")[2].parts(between: ":").compactMap { UInt32($0) }
            if numbers.count == 2 { devices.insert(DeviceNumber.of(major: numbers[0], minor: numbers[1])) }
        }
        self.devices = devices
    }

    func hold(_ file: stat) -> Bool { devices.contains(UInt64(file.st_dev)) }
}
