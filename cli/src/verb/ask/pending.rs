//! What a turn left for a person to approve: asked for here, where somebody can be asked, and handed to the request that
//! it is for.

use super::AskArgs;
use crate::connect::workspace;
use crate::failure::Failure;
use crate::follow::Patience;
use crate::interrupt::Interrupts;
use crate::launch::{self, APPROVE_ALL, Launched, Stay};
use crate::ui::Ui;
use sayflow_client::Client;
use sayflow_protocol::RunView;
use sayflow_protocol::api::workflow::ActivateWorkflow;
use sayflow_protocol::api::{ActivatedWorkflow, ApprovalView, Pending, StartRun};

/// What came of it.
#[allow(clippy::large_enum_variant, reason = "made once in a process")]
pub(super) enum Settled {
    /// It runs, or has run.
    Run(RunView),
    /// It starts by itself.
    Activated(ActivatedWorkflow),
    /// Nobody said yes.
    Left(ApprovalView),
}

/// Goes on with what was pending, once it is approved.
pub(super) async fn settle(
    ui: &Ui,
    client: &Client,
    args: &AskArgs,
    (pending, approval): (&Pending, &ApprovalView),
    interrupts: &mut Interrupts,
) -> Result<Settled, Failure> {
    let approve = match args.yes {
        true => Some(APPROVE_ALL.to_owned()),
        false => launch::consent(ui, approval, interrupts).await?,
    };
    let Some(approve) = approve else { return Ok(Settled::Left(approval.clone())) };
    match pending {
        Pending::Run { source, inputs } => {
            let request = StartRun {
                source: source.clone(),
                inputs: inputs.clone(),
                dry_run: false,
                network_reads: false,
                stepwise: false,
                payload: None,
                approve: Some(approve),
                workspace: workspace()?,
            };
            match launch::launch(ui, client, request, interrupts, Stay::Watch(Patience::ShortPauses)).await? {
                Launched::Run(run) => Ok(Settled::Run(run)),
                Launched::Rehearsed(report) => Ok(Settled::Run(report.run)),
                Launched::NotApproved(approval) => Ok(Settled::Left(approval)),
            }
        }
        Pending::Activate { workflow, version } => {
            let request = ActivateWorkflow { version: Some(*version), approve: Some(approve) };
            let mut activated = interrupts.guard(async { Ok(client.activate_workflow(workflow, &request).await?) }).await?;
            match activated.approval.take() {
                None => Ok(Settled::Activated(activated)),
                Some(approval) => Ok(Settled::Left(approval)),
            }
        }
    }
}
