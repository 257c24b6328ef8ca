from u.losses import LOSSES
