/// The processors of this host, as sysfs tells of them.
package enum Processors {
    /// Those that have counters of being slowed down by heat (`thermal_throttle`): all of them, or none.
    package static func withHeatCounters(at directory: String = "/sys/devices/system/cpu") -> [Int] {
        func counts(_ processor: Int) -> Bool { SystemFile.exists("\(directory)/cpu\(processor)/thermal_throttle") }
        // Most hosts that are guests have none, and are asked once.
        guard counts(0), let possible = try? SystemFile.read(directory + "/possible") else { return [] }
        return CgroupText.list(possible).map { Int($0) }.filter(counts)
    }
}
