/// What a run of a task tells of itself while it works.
public enum TaskEvent: Sendable {
    /// The data set is open: samples to learn from, that select, that are scored, and what selects.
    case opened(training: Int, validation: Int, test: Int, selection: String)
    /// What was taken from the encoder's file.
    case encoder(EncoderReport)
    /// Something worth knowing that is no error.
    case remark(String)
    /// Training begins, or goes on after some steps.
    case training(steps: Int, from: Int)
    /// Training goes on after a checkpoint.
    case resumed(step: Int)
    /// A step was taken.
    case step(Int, loss: Double?)
    /// The network was validated.
    case validated(epoch: Int, metric: String, value: Double?)
    /// So many samples are to be scored.
    case predicting(Int)
    /// A sample was scored.
    case predicted(String)
    /// A run of a sweep begins: its folder, its number from 1, of how many.
    case job(String, Int, of: Int)
    /// The run was over already.
    case wasDone
}
