import ArgumentParser
import Linux

/// A command that touches layers or containers, whose files have many owners: an ordinary user's is done in a user namespace of
/// his own, where he may make them.
protocol StoreCommand: ParsableCommand {
    /// Whether this call of it does.
    var touchesStore: Bool { get }
}

extension StoreCommand {
    var touchesStore: Bool { true }
}

/// What comes between a command line that is understood and its execution.
enum StoreAccess {
    /// Enters the user namespace of an ordinary user's own where the command needs it; while there is one thread still.
    static func prepare(for command: any ParsableCommand) throws {
        guard let command = command as? any StoreCommand, command.touchesStore else { return }
        do { try OwnUserNamespace.enter(warn: Warning.print) } catch {
            throw Failure.exit(error, otherwise: isEngines ? 125 : 1)
        }
    }
}
