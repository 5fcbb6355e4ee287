/// What isolab asks of `isolab-vm`: one JSON object a line on its standard input.
package struct DriverRequest: Codable, Equatable, Sendable {
    package enum Command: String, Codable, Sendable {
        /// Who are you: answers `version`.
        case hello
        /// Make libvirt probe the emulator now, so that no launch pays for it.
        case warm
        /// Create a transient guest from `xml`; it is destroyed after `deadlineMilliseconds` unless told `ready`.
        case start
        /// The guest `name` has come up: its deadline is lifted.
        case ready
        /// The QEMU command line that libvirt would run for `xml`, word by word.
        case arguments
        /// End the guest `name`.
        case destroy
        /// The names of all guests of this connection.
        case list
        /// Forget the definition of the persistent guest `name`.
        case undefine
        /// End every guest whose description names a path below the directory `name`: what a killed isolab left with a
        /// daemon. Answers their `names`.
        case clean
        /// Destroy what this connection started, close, and exit.
        case close
    }

    /// Comes back in the answer.
    package var id: Int
    package var command: Command
    package var name: String?
    package var xml: String?
    package var deadlineMilliseconds: Int?
    /// With `ready`: an event `counted` is wanted.
    package var countsExits: Bool?

    package init(
        id: Int, command: Command, name: String? = nil, xml: String? = nil, deadlineMilliseconds: Int? = nil,
        countsExits: Bool? = nil
    ) {
        self.id = id
        self.command = command
        self.name = name
        self.xml = xml
        self.deadlineMilliseconds = deadlineMilliseconds
        self.countsExits = countsExits
    }
}

/// One line of `isolab-vm`: either the answer to a request, or an event.
package struct DriverMessage: Codable, Equatable, Sendable {
    /// The request's, in an answer; `nil` in an event.
    package var id: Int?
    package var version: DriverVersion?
    package var names: [String]?
    package var arguments: [String]?
    package var error: DriverError?
    package var event: GuestEvent?

    package init(
        id: Int? = nil, version: DriverVersion? = nil, names: [String]? = nil, arguments: [String]? = nil,
        error: DriverError? = nil, event: GuestEvent? = nil
    ) {
        self.id = id
        self.version = version
        self.names = names
        self.arguments = arguments
        self.error = error
        self.event = event
    }
}

/// What runs the guests.
package struct DriverVersion: Codable, Hashable, Sendable {
    /// libvirt's, `9.0.0`.
    package var libvirt: String
    /// The hypervisor's, `7.2.22`; empty where libvirt does not know one.
    package var hypervisor: String
    /// libvirt's name of the driver: `QEMU`, `TEST`.
    package var type: String
    package var uri: String

    package init(libvirt: String, hypervisor: String, type: String, uri: String) {
        self.libvirt = libvirt
        self.hypervisor = hypervisor
        self.type = type
        self.uri = uri
    }
}

/// A named instant of a guest on the host's `CLOCK_MONOTONIC_RAW`.
package struct GuestEvent: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// libvirt was asked to create the guest.
        case createCalled
        /// QEMU's process exists (libvirt wrote its pid file).
        case spawned
        /// QEMU has opened the guest's channel: its devices are made.
        case connected
        /// The vCPU began to run.
        case resumed
        /// libvirt's call came back.
        case created
        /// The guest powered off or reset.
        case shutdown
        /// libvirt has let the guest go.
        case stopped
        /// QEMU's process was reaped.
        case reaped
        /// The guest was not ready in time and was destroyed.
        case deadline
        /// The guest panicked or QEMU crashed, as libvirt sees it.
        case crashed
        /// KVM's count of its exits was read.
        case counted
    }

    package var kind: Kind
    /// The guest.
    package var name: String
    /// Absolute, ns.
    package var at: UInt64
    /// QEMU's, in `spawned` and `reaped`.
    package var pid: Int32?
    /// Exit status, or 128 + signal, in `reaped`.
    package var status: Int32?
    /// CPU time of QEMU, user and system, ns, in `reaped`.
    package var processorTime: UInt64?
    /// Peak resident set of QEMU, bytes, in `reaped`.
    package var peakResident: UInt64?
    /// libvirt's reason in words, in `stopped`.
    package var reason: String?
    /// In `counted`.
    package var exits: UInt64?

    package init(
        _ kind: Kind, name: String, at: UInt64, pid: Int32? = nil, status: Int32? = nil,
        processorTime: UInt64? = nil, peakResident: UInt64? = nil, reason: String? = nil, exits: UInt64? = nil
    ) {
        self.kind = kind
        self.name = name
        self.at = at
        self.pid = pid
        self.status = status
        self.processorTime = processorTime
        self.peakResident = peakResident
        self.reason = reason
        self.exits = exits
    }
}

/// A refusal, with what libvirt said of it (`virErrorNumber`, `virErrorDomain`) where it was libvirt's.
package struct DriverError: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted: `virDomainCreateXML`, `connect`, `spawn`.
    package var operation: String
    /// What it was applied to: a guest, a connection.
    package var object: String
    package var message: String
    /// libvirt's error number and the part of libvirt it came from; 0 where not libvirt's.
    package var code: Int
    package var domain: Int
    package var advice: String?

    package init(
        operation: String, object: String, message: String, code: Int = 0, domain: Int = 0, advice: String? = nil
    ) {
        self.operation = operation
        self.object = object
        self.message = message
        self.code = code
        self.domain = domain
        self.advice = advice
    }

    package var description: String {
        var text = "\(operation) \(object): \(message)"
        // Of a call of libvirt's own: who looks it up there needs the number.
        if code != 0, operation.hasPrefix("vir") { text += " (libvirt error \(code), domain \(domain))" }
        if let advice { text += "; \(advice)" }
        return text
    }
}
