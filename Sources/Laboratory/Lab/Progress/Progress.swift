/// How far a run is.
package struct Progress: Equatable, Sendable {
    /// Samples taken and planned, warm-ups included.
    package var done: Int
    package var total: Int
    /// What is being sampled.
    package var experiment: String
    package var lane: String
    package var rejected: Int
    package var elapsedSeconds: Double
    /// `nil` while nothing is known.
    package var secondsLeft: Double?

    package init(
        done: Int, total: Int, experiment: String = "", lane: String = "", rejected: Int = 0,
        elapsedSeconds: Double = 0, secondsLeft: Double? = nil
    ) {
        self.done = done
        self.total = total
        self.experiment = experiment
        self.lane = lane
        self.rejected = rejected
        self.elapsedSeconds = elapsedSeconds
        self.secondsLeft = secondsLeft
    }

    /// One line for a terminal, never wider than `columns`.
    package func line(columns: Int = 80) -> String {
        let share = total == 0 ? 0 : min(1, Double(done) / Double(total))
        var text = "\(Int((share * 100).rounded(.down))) % · \(done)/\(total)"
        if let secondsLeft, done < total { text += " · \(Self.duration(secondsLeft)) left" }
        if rejected > 0 { text += " · \(rejected) rejected" }
        if !lane.isEmpty { text += " · \(experiment) · \(lane)" }
        return String(text.prefix(max(0, columns - 1)))
    }

    /// `42 s`, `3 min 05 s`, `1 h 02 min`.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds).rounded(.up))
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
        return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
    }
}

/// Takes what a run says while it goes.
package protocol ProgressSink: AnyObject {
    func update(_ progress: Progress)
    /// Something the user must know: a lane that cannot run, leftovers released, a sample rejected.
    func note(_ words: String)
    /// No more updates follow.
    func finish()
}
