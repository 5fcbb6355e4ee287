extension RuntimeConfiguration.Resources {
    /// Checks the limits by themselves, as `update --resources` is given them.
    ///
    /// - Returns: What is to be said, and not failed for.
    public func validate() throws(ConfigurationError) -> [ConfigurationWarning] {
        try ConfigurationCheck.run(document: Self.document) { (check) throws(DocumentFault) in
            try validate(&check)
        }
    }

    func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try check.each("devices", devices) { (rule, _) throws(DocumentFault) in try rule.validate() }
        try check.inside("memory", memory) { (memory, check) throws(DocumentFault) in try memory.validate(&check) }
        try check.inside("cpu", cpu) { (processor, _) throws(DocumentFault) in try processor.validate() }
        if let limit = pids?.limit {
            try DocumentFault.unless(limit >= -1, "pids.limit", "\(limit) is less than -1, which means no limit")
        }
        try check.inside("blockIO", blockIO) { (limits, check) throws(DocumentFault) in try limits.validate(&check) }
        var sizes: Set<String> = []
        try check.each("hugepageLimits", hugepageLimits) { (limit, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Self.isPageSize(limit.pageSize), "pageSize", "\(quoting: limit.pageSize) is not a size like 2MB")
            try DocumentFault.unless(
                sizes.insert(limit.pageSize).inserted, "pageSize", "\(quoting: limit.pageSize) is given twice")
        }
        try check.inside("network", network) { (network, check) throws(DocumentFault) in
            try check.each("priorities", network.priorities) { (priority, _) throws(DocumentFault) in
                try DocumentFault.unless(!priority.name.isEmpty, "name", "is empty")
            }
        }
        try check.entries("rdma", rdma) { (_, limit, _) throws(DocumentFault) in
            try DocumentFault.unless(
                limit.hcaHandles != nil || limit.hcaObjects != nil, "needs hcaHandles or hcaObjects")
        }
        try check.entries("unified", unified) { (file, _, _) throws(DocumentFault) in
            try DocumentFault.unless(
                file != "." && file != ".." && !file.contains("/"), "is not the name of a file of a cgroup")
        }
    }

    /// Digits, then one of K, M and G, then B.
    private static func isPageSize(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 3, bytes.last == UInt8(ascii: "B"), "KMG".utf8.contains(bytes[bytes.count - 2]) else {
            return false
        }
        return bytes[0] != UInt8(ascii: "0")
            && bytes.dropLast(2).allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}

extension RuntimeConfiguration.Resources.DeviceRule {
    /// −1 is taken for "any", as runc and crun take it.
    fileprivate func validate() throws(DocumentFault) {
        if let type { try DocumentFault.unlessOne(of: ["a", "c", "b"], type, "type") }
        for (number, member) in [(major, "major" as StaticString), (minor, "minor")] {
            guard let number else { continue }
            try DocumentFault.unless(
                -1...Int64(UInt32.max) ~= number, member, "\(number) is not the number of a device")
        }
        if let access {
            try DocumentFault.unless(
                access.utf8.allSatisfy { "rwm".utf8.contains($0) }, "access",
                "\(quoting: access) is not made of r, w and m")
        }
    }
}

extension RuntimeConfiguration.Resources.Memory {
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        for (bytes, member) in [
            (limit, "limit" as StaticString), (reservation, "reservation"), (swap, "swap"), (kernel, "kernel"),
            (kernelTCP, "kernelTCP"),
        ] {
            guard let bytes else { continue }
            try DocumentFault.unless(bytes >= -1, member, "\(bytes) is less than -1, which means no limit")
        }
        if let limit, let swap, limit > 0, swap > 0 {
            try DocumentFault.unless(
                swap >= limit, "swap", "\(swap) is less than the limit \(limit), which it includes")
        }
        if let swappiness {
            try DocumentFault.unless(swappiness <= 100, "swappiness", "\(swappiness) is greater than 100")
        }
        for (bytes, member) in [(kernel, "kernel" as StaticString), (kernelTCP, "kernelTCP")]
        where bytes ?? 0 > 0 {
            check.warn(member, "is not recommended by the specification, and gone from newer kernels")
        }
    }
}

extension RuntimeConfiguration.Resources.Processor {
    fileprivate func validate() throws(DocumentFault) {
        if let quota {
            try DocumentFault.unless(quota >= -1, "quota", "\(quota) is less than -1, which means no limit")
        }
        if let burst, let quota, quota > 0 {
            try DocumentFault.unless(
                burst <= UInt64(quota), "burst", "\(burst) is greater than the quota \(quota)")
        }
        try IndexList.validate(cpus, "cpus")
        try IndexList.validate(mems, "mems")
        if let idle { try DocumentFault.unless(0...1 ~= idle, "idle", "\(idle) is neither 0 nor 1") }
    }
}

extension RuntimeConfiguration.Resources.BlockIO {
    /// 0 is as good as absent, as in the specification's own types.
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try Self.validate(weight, "weight")
        try Self.validate(leafWeight, "leafWeight")
        try check.each("weightDevice", weightDevice) { (device, _) throws(DocumentFault) in
            try Self.validate(device.major, device.minor)
            try Self.validate(device.weight, "weight")
            try Self.validate(device.leafWeight, "leafWeight")
            try DocumentFault.unless(
                device.weight != nil || device.leafWeight != nil, "needs weight or leafWeight")
        }
        let rates: [(StaticString, [RuntimeConfiguration.Resources.DeviceRate])] = [
            ("throttleReadBpsDevice", throttleReadBpsDevice), ("throttleWriteBpsDevice", throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", throttleReadIOPSDevice), ("throttleWriteIOPSDevice", throttleWriteIOPSDevice),
        ]
        for (member, devices) in rates {
            try check.each(member, devices) { (device, _) throws(DocumentFault) in
                try Self.validate(device.major, device.minor)
            }
        }
    }

    private static func validate(_ weight: UInt16?, _ member: StaticString) throws(DocumentFault) {
        guard let weight, weight != 0 else { return }
        try DocumentFault.unless(10...1000 ~= weight, member, "\(weight) is not between 10 and 1000")
    }

    private static func validate(_ major: Int64, _ minor: Int64) throws(DocumentFault) {
        for (number, member) in [(major, "major" as StaticString), (minor, "minor")] {
            try DocumentFault.unless(
                0...Int64(UInt32.max) ~= number, member, "\(number) is not the number of a device")
        }
    }
}
