import CLibvirt
import Glibc
import Linux
import Machines

/// libvirt's lifecycle events, stamped as they arrive.
enum Lifecycle {
    /// Registers libvirt's event loop; before the connection is opened.
    static func prepare() { virEventRegisterDefaultImpl() }

    /// Runs the loop on a thread of its own, for ever.
    static func runLoop() {
        BackgroundThread.start {
            while true { virEventRunDefaultImpl() }
        }
    }

    static func subscribe(_ connection: Connection, guests: Guests) throws(DriverError) {
        let typed: @convention(c) (virConnectPtr?, virDomainPtr?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
            lifecycleChanged
        let identifier = virConnectDomainEventRegisterAny(
            connection.pointer, nil, Int32(VIR_DOMAIN_EVENT_ID_LIFECYCLE.rawValue),
            unsafeBitCast(typed, to: virConnectDomainEventGenericCallback.self),
            Unmanaged.passRetained(guests).toOpaque(), nil)
        guard identifier >= 0 else { throw lastError("virConnectDomainEventRegisterAny", connection.uri) }
    }
}

private func lifecycleChanged(
    _ connection: virConnectPtr?, _ domain: virDomainPtr?, _ event: Int32, _ detail: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    let now = HostClock.now()
    guard let context, let domain, let name = virDomainGetName(domain).map({ String(cString: $0) }) else { return 0 }
    let guests = Unmanaged<Guests>.fromOpaque(context).takeUnretainedValue()
    switch UInt32(event) {
    case VIR_DOMAIN_EVENT_RESUMED.rawValue: Output.send(GuestEvent(.resumed, name: name, at: now))
    case VIR_DOMAIN_EVENT_SHUTDOWN.rawValue:
        guests.shutDown(name)
        Output.send(GuestEvent(.shutdown, name: name, at: now))
    case VIR_DOMAIN_EVENT_CRASHED.rawValue: Output.send(GuestEvent(.crashed, name: name, at: now))
    case VIR_DOMAIN_EVENT_STOPPED.rawValue:
        guests.stopped(name)
        let reasons = ["shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot"]
        let reason = reasons.indices.contains(Int(detail)) ? reasons[Int(detail)] : "detail \(detail)"
        Output.send(GuestEvent(.stopped, name: name, at: now, reason: reason))
    default: break
    }
    return 0
}
