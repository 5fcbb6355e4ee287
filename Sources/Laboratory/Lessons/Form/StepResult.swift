/// What a claim came to.
package enum ClaimVerdict: Equatable, Sendable {
    case holds
    case fails(String)
    /// It was not tried, as the host lacks what it takes.
    case leftOut(String)
}

/// A step as it went.
package struct StepResult: Sendable {
    package let step: Step
    /// nil where it was left out.
    package let observation: Observation?
    /// Why it was left out.
    package let leftOut: String?
    package let verdicts: [(claim: Claim, verdict: ClaimVerdict)]
    package let seconds: Double
    /// What the learner predicted; nil where they did not.
    package var prediction: String?

    /// The answer to its question, as this host gave it.
    package var answer: String? { observation.flatMap { step.question?.answer($0) } }
}
