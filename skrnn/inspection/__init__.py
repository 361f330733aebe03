"""What a fitted network does: its gradients, states, training, and what it looks at."""

from ._gradient_flow import GradientFlowDisplay, gradient_flow
from ._hidden_states import HiddenStateDisplay, hidden_states
from ._loss_curve import LossCurveDisplay
from ._step_importance import StepImportance, step_importance

__all__ = [
    "GradientFlowDisplay",
    "HiddenStateDisplay",
    "LossCurveDisplay",
    "StepImportance",
    "gradient_flow",
    "hidden_states",
    "step_importance",
]
