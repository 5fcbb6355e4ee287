import CLinux

/// The parts of a device's number (`st_rdev`, makedev(3)).
package enum DeviceNumber {
    package static func major(_ device: UInt64) -> UInt32 { isolab_device_major(device) }
    package static func of(major: UInt32, minor: UInt32) -> UInt64 { isolab_device_number(major, minor) }
    package static func minor(_ device: UInt64) -> UInt32 { isolab_device_minor(device) }
}
