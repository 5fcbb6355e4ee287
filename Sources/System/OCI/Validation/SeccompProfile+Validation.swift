extension SeccompProfile {
    /// The words of `flags`.
    public static let knownFlags = [
        "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ]

    /// Checks the profile by itself.
    ///
    /// - Returns: What is to be said, and not failed for.
    public func validate() throws(ConfigurationError) -> [ConfigurationWarning] {
        try ConfigurationCheck.run(document: Self.document) { (check) throws(DocumentFault) in
            try validate(&check)
        }
    }

    func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try DocumentFault.unless(
            defaultAction != .notify, "defaultAction",
            "cannot be \(defaultAction.rawValue): the runtime itself would wait for an answer")
        try Self.validate(defaultErrorNumber, of: defaultAction, "defaultErrnoRet")
        try check.each("flags", flags) { (flag, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Self.knownFlags.contains(flag),
                "\(quoting: flag) is not one of \(Self.knownFlags.joined(separator: ", "))")
        }
        try check.each("syscalls", systemCalls) { (rule, check) throws(DocumentFault) in
            try rule.validate(&check)
        }
        try validateListener(&check)
    }

    private func validateListener(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let notifies = systemCalls.contains { $0.action == .notify }
        guard let listenerPath else {
            try DocumentFault.unless(
                !notifies, "listenerPath", "is missing, and \(Action.notify.rawValue) needs it")
            try DocumentFault.unless(listenerMetadata == nil, "listenerMetadata", "needs listenerPath")
            return
        }
        try DocumentFault.unlessAbsolute(listenerPath, "listenerPath")
        // unix(7): 108 bytes with the closing NUL.
        try DocumentFault.unless(
            listenerPath.utf8.count < 108, "listenerPath", "is longer than the 107 bytes of a socket's path")
        if !notifies { check.warn("listenerPath", "is ignored: no rule is \(Action.notify.rawValue)") }
    }

    fileprivate static func validate(
        _ number: UInt32?, of action: Action, _ member: StaticString
    ) throws(DocumentFault) {
        guard let number else { return }
        try DocumentFault.unless(
            action == .errno || action == .trace, member, "means nothing to \(action.rawValue)")
        // The kernel returns no greater errno (MAX_ERRNO), and has 16 bits for a tracer.
        let greatest: UInt32 = action == .errno ? 4095 : 65535
        try DocumentFault.unless(number <= greatest, member, "\(number) is greater than \(greatest)")
    }
}

extension SeccompProfile.Rule {
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try DocumentFault.unless(!names.isEmpty, "names", "is empty")
        try check.each("names", names) { (name, _) throws(DocumentFault) in
            try DocumentFault.unless(!name.isEmpty, "is empty")
            // The runtime sends the listener's descriptor by one of these, under the filter already.
            try DocumentFault.unless(
                action != .notify || name != "write", "cannot be \(action.rawValue): the runtime needs it itself")
        }
        try SeccompProfile.validate(errorNumber, of: action, "errnoRet")
        try check.each("args", arguments) { (condition, _) throws(DocumentFault) in
            try DocumentFault.unless(
                condition.index <= 5, "index", "\(condition.index) is greater than 5, the last argument's")
        }
    }
}
