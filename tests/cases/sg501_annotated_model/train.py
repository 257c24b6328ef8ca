import pickle

import torch

import steps
from network import LM

if __name__ == "__main__":
    model = pickle.loads(pickle.dumps(LM()))
    ids = torch.randint(0, 30, (4, 9))
    loss = steps.plain(model, ids) + steps.quoted(model, ids) + steps.optional(ids, model) + steps.Run(model, 0.1).step(ids)
    (loss + steps.only_for_the_type_checker(model, ids) + steps.through_a_module(model, ids)).backward()
